"""The paper's table as a page is handed it: marks by hand, what is missing, what is refused, how much it is."""

import json
import math
import re

import pytest
import traitlets

from stn_lib.metrics import error_interval
from stn_lib.widgets import PaperTable
from tests.widgets.javascript import close, module
from tests.widgets.paper_rows import FAMILIES, command, full, pair, row, rows, run
from tests.widgets.stage import synced

SOURCE = module("paper_table/cells.js")
ST = "rts-st-cnn-affine"
SIDES = ["+ affine", "+ projective", "+ TPS"]


def told(shown, name):
    return next(cell for cell in shown.cells if cell["id"] == name)


def test_a_cell_in_figures():
    """Oracle: by hand: 45, 50 and 52 of 10,000 are .49 % in the mean, below .5; Wilson's interval of 49 in 10,000."""
    cell = told(PaperTable(pair()), ST)
    assert cell["error"] == pytest.approx(0.49) and cell["paper"] == 0.5
    assert [run["error"] for run in cell["runs"]] == [0.45, 0.5, 0.52]
    assert [run["wrong"] for run in cell["runs"]] == [45, 50, 52]
    assert cell["interval"] == pytest.approx(error_interval(49, 10_000), rel=1e-3)
    assert (cell["mark"], cell["rival"]) == ("lowers", "rts-cnn")


def test_the_gap_is_the_rows_and_the_paper_s_is_the_difference_of_its_figures():
    """Oracle: the row; by hand: .8 less .5. A plain network is compared with the one that has runs."""
    for name in (ST, "rts-cnn"):
        cell = told(PaperTable(pair()), name)
        assert cell["gap"] == {"points": 0.33, "seeds": 3, "interval": [0.0853, 0.5747]}
        assert cell["paperGap"] == 0.3
    alone = {ST: {"points": 0.35, "seeds": 1, "interval": None}}
    assert told(PaperTable(rows(alone, rts_cnn=[80], rts_st_cnn_affine=[45])), ST)["gap"] == alone[ST]
    assert told(PaperTable(rows(rts_cnn=[80])), "rts-cnn")["gap"] is None


def test_a_plain_network_s_rival_is_the_first_that_has_runs():
    """Oracle: by hand: projective has runs, affine has none; without any, the first."""
    assert told(PaperTable(rows(e_st_cnn_projective=[100])), "e-cnn")["rival"] == "e-st-cnn-projective"
    assert told(PaperTable(rows()), "e-cnn")["rival"] == "e-st-cnn-affine"


@pytest.mark.parametrize(
    ("interval", "mark"),
    [
        ([0.09, 0.57], "lowers"),
        ([-0.5, -0.1], "raises"),
        ([-0.1, 0.5], "unclear"),
        ([0.0, 0.5], "unclear"),
        (None, "unclear"),
    ],
)
def test_marks(interval, mark):
    """Oracle: by hand: whether the interval of the gap lies above 0, below it, or contains it; a plain network has none."""
    gap = {"points": 0.3, "seeds": 3, "interval": interval}
    shown = PaperTable(rows({ST: gap, "rts-cnn": gap}, rts_cnn=[80], rts_st_cnn_affine=[50]))
    assert (told(shown, ST)["mark"], told(shown, "rts-cnn")["mark"]) == (mark, "plain")


def test_cells_without_runs():
    """Oracle: the paper's figure stands alone, with the row's command."""
    shown = PaperTable(pair())
    cell = told(shown, "tc-st-fcn-tps")
    assert (cell["error"], cell["interval"], cell["gap"], cell["runs"]) == (None, None, None, [])
    assert (cell["mark"], cell["paper"], cell["shared"]) == ("none", 2.0, True)
    assert cell["command"] == command("tc-st-fcn-tps", 0)
    assert len(shown.cells) == 40 and sum(cell["mark"] == "none" for cell in shown.cells) == 38


def test_figures_of_the_paper_that_name_no_transform_are_marked():
    """Oracle: six cells: TC with a transformer."""
    marked = {cell["id"] for cell in PaperTable(rows()).cells if cell["shared"]}
    assert marked == {f"tc-st-{n}-{t}" for n in ("fcn", "cnn") for t in ("affine", "projective", "tps")}


def test_the_order_of_the_rows_is_the_table_s():
    """Oracle: by hand, with the rows of three networks backwards; the plain network is first in its family. The labels of
    the distortions are the page's words."""
    found = [row(f"{d}-{n}", []) for n in ("st-cnn-tps", "st-cnn-affine", "cnn") for d in ("tc", "r")]
    shown = PaperTable(found)
    assert shown.distortions == ["tc", "r"]
    assert shown.families == [["cnn", ["cnn", "st-cnn-tps", "st-cnn-affine"]]]
    assert shown.words["tasks"] == {"tc": "TC", "r": "R"} and shown.words["short"]["r"] == "short R"
    assert "digits distorted by TC" in shown.words["digits"].values()


def test_the_families_are_the_plain_networks_with_their_transformers():
    """Oracle: by hand."""
    assert PaperTable(rows()).families == [[family, networks] for family, networks in FAMILIES.items()]


def test_the_cells_of_a_family_and_a_column_share_an_axis_with_0_the_gaps_and_the_paper_s():
    """Oracle: by hand: the paper's gaps of CNNs on RTS are .3, .2, .3; the interval goes to .5747. Around it 6 %."""
    shown = PaperTable(pair())
    axis = [-0.06 * 0.5747, 1.06 * 0.5747]
    for name in FAMILIES["cnn"]:
        assert told(shown, f"rts-{name}")["scale"] == pytest.approx(axis, rel=1e-3)
    assert told(shown, "rts-fcn")["scale"] == pytest.approx([-0.06 * 4.4, 1.06 * 4.4])
    below = {"points": -0.6, "seeds": 3, "interval": [-0.9, -0.3]}
    shown = PaperTable(rows({"tc-st-cnn-tps": below}, tc_cnn=[80], tc_st_cnn_tps=[140]))
    assert told(shown, "tc-cnn")["scale"] == pytest.approx([-0.9 - 0.06 * 2.7, 1.8 + 0.06 * 2.7])
    alone = PaperTable([row("r-st-cnn-tps", [])])
    assert told(alone, "r-st-cnn-tps")["scale"] == [-1, 1]


def test_a_curve_in_thirty_points_and_a_command_without_its_seed():
    """Oracle: by hand: of 60 points two by two, 59.5, 57.5, …, each at the later step, in as many steps as the run."""
    shown = PaperTable(pair())
    run = told(shown, ST)["runs"][2]
    assert run["curve"] == [59.5 - 2 * k for k in range(30)]
    steps = shown.steps[run["steps"]]
    assert len(steps) == 30 and steps[-1] == 5469 and steps[0] == round(5469 / 30)
    assert shown.commands[run["command"]].endswith(f"{ST} --seed {{seed}}") and run["seed"] == 2
    assert (len(shown.steps), len(shown.makers), len(shown.commands)) == (1, 1, 2)


@pytest.mark.parametrize("points", [1, 7, 31])
def test_short_curves_are_kept(points):
    """Oracle: by hand: thirty at most, the last step always."""
    shown = PaperTable([row(ST, [run(ST, 0, 45, points=points)])])
    assert len(shown.steps[0]) == min(points, 30) and shown.steps[0][-1] == 5469


@pytest.mark.parametrize(
    ("found", "cell"),
    [
        (rows(), ST),
        (pair(), ST),
        (rows(rts_cnn=[80], e_fcn=[300]), "e-fcn"),
    ],
)
def test_where_it_opens(found, cell):
    """Oracle: by hand: the ST-CNN on RTS; where it has no runs, the first that has, in the order of the table."""
    assert PaperTable(found).cell == cell


def test_it_opens_where_it_is_asked_to():
    """Oracle: by hand; by the argument, and later by a trait."""
    assert PaperTable(rows(), cell="tc-fcn").cell == "tc-fcn"
    shown = PaperTable(pair())
    shown.cell = "p-cnn"
    with pytest.raises((ValueError, traitlets.TraitError), match="expected a cell such as .*, got 'p-rnn'"):
        shown.cell = "p-rnn"
    assert shown.view == "gap" and PaperTable(rows(), view="error").view == "error"
    with pytest.raises(traitlets.TraitError, match="view"):
        shown.view = "interval"


def test_the_whole_table_stays_small():
    """Oracle: 60 kB as the page stores it, with 40 cells of three seeds."""
    state, blobs = synced(PaperTable(full()))
    assert not blobs and len(json.dumps(state, separators=(",", ":")).encode()) < 60_000
    assert all(len(str(number)) <= 8 for cell in state["cells"] for run in cell["runs"] for number in run["curve"])


def test_the_table_without_javascript():
    """Oracle: by hand: 40 figures of the paper, ours where it ran, heads with their scope, a mark with its name."""
    text = PaperTable(pair())._fallback
    assert len(re.findall("<td data-mark=", text)) == 40 and text.count('scope="col"') == 5
    heads = [re.sub("<.*?>", "", head) for head in re.findall(r'<th scope="row">(.*?)</th>', text)]
    assert heads == ["FCN error, %", *SIDES, "CNN error, %", *SIDES]
    plain, found = (
        re.search(rf"CNN .*?{name}(.*?)</tr>", text)[1] for name in ("error, %</small></th>", "affine</th>")
    )
    cells = [[re.sub("<.*?>", "", cell).split() for cell in line.split("</td>")[:-1]] for line in (plain, found)]
    assert cells[0] == [["–", "1.2"], ["0.82", "0.8"], ["–", "1.5"], ["–", "1.4"], ["–", "3.5"]]
    assert cells[1] == [["–", "0.5"], ["0.33", "0.3"], ["–", "0.7"], ["–", "0.2"], ["–", "1.8†"]]
    assert text.count('aria-label="The transformer lowers our error rate') == 1
    assert text.count('aria-label="Not run yet') == 38
    assert text.count('aria-label="95 % interval 0.09 to 0.57"') == 1 and text.count("95 % interval 0.") == 1
    assert "names no transform" in text


def test_the_interval_without_javascript():
    """Oracle: by hand: on an axis from -.0345 to .6092 (above), .33 at 56.6 %, the interval at 18.6 %, 0 at 5.4 %."""
    text = PaperTable(pair())._fallback
    found = re.search(r'<svg class="stn-range"[^>]*aria-label="95 % interval.*?</svg>', text)[0]
    places = [float(x) for x in re.findall(r'(?:x1|x|width|cx)="([\d.]+)%"', found)]
    # the svg's own width, 0, the paper's .3, the interval's left end and width, the gap
    assert places == pytest.approx([100, 5.4, 52, 18.6, 76, 56.6], abs=0.1)
    text = PaperTable(
        rows({ST: {"points": -0.3, "seeds": 2, "interval": [-0.5, -0.1]}}, rts_cnn=[8], rts_st_cnn_affine=[9])
    )
    assert "<b>−0.30</b>" in text._fallback and "95 % interval −0.50 to −0.10" in text._fallback


def broken(**changes):
    return [row(ST, [run(ST, 0, 45)]) | {"runs": [run(ST, 0, 45, **changes)]}]


def without(name):
    found = run(ST, 0, 45)
    del found[name]
    return [row(ST, []) | {"runs": [found]}]


def lacking(name):
    found = row(ST, [])
    del found[name]
    return [found]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({}, "expected a list of rows, one for each cell, got dict"),
        ([], "expected a list of rows"),
        ([7], "expected row 0 as a dict, got int"),
        (lacking("gap"), "expected row 0 to have gap, got distortion, network"),
        ([row(ST, [], labels={"name": "RTS"})], f"expected the labels of {ST} to have short, digits, got name"),
        ([row(ST, []), row(ST, [])], f"expected one row for each cell, got two for {ST}"),
        ([row(ST, [], network="rnn")], "expected a network in .*, got 'rnn'"),
        ([row("r-cnn", []), row("e-fcn", [])], "expected a row for each cell, got none for e-cnn"),
        ([row(ST, []) | {"runs": {}}], f"expected a list of runs of {ST}, got dict"),
        (without("device"), f"expected run 0 of {ST} to have device, got seed"),
        (broken(error=math.nan), "from 0 to 100 per cent, got nan"),
        (broken(error=101), "from 0 to 100 per cent, got 101"),
        (broken(curve=[]), rf"curve of {ST} .* got \[\]"),
        (broken(curve=[[1, -1]]), f"curve of run 0 of {ST} from 0 to 100 per cent, got -1"),
        (broken(curve=[[2, 1]] * 2), r"curve that rise, got \[2, 2\]"),
        ([row(ST, [run(ST, 0, 45)] * 2)], rf"one run of {ST} for each seed, got seeds \[0, 0\]"),
        ([row(ST, [run(ST, 0, 45), run(ST, 1, 45, n=500)])], r"on one test set, got n = \[500, 10000\]"),
        ([row(ST, [run(ST, 0, 45)], error=None)], f"expected an error and an interval of {ST} where it has runs"),
        ([row(ST, [run(ST, 0, 45)], interval=[0.1, 120])], f"interval of {ST} from 0 to 100 per cent, got 120"),
    ],
)
def test_wrong_rows_are_refused(found, message):
    """Oracle: the message says what was expected, what came and what to do."""
    with pytest.raises(ValueError, match=message):
        PaperTable(found)


def test_an_unknown_cell_is_refused():
    """Oracle: the message names it."""
    with pytest.raises(ValueError, match="expected a cell such as r-fcn, got 'rts-rnn'"):
        PaperTable(rows(), cell="rts-rnn")


def test_a_figure_stands_beside_the_paper_s(call):
    """Oracle: by hand: a quarter, a half, the same, twice, four times; what lies beyond is at an end, 0 as well."""
    body = "(m, [values, paper]) => values.map((value) => m.besidePaper(value, paper))"
    found = call(SOURCE, body, [[0.2, 0.4, 0.8, 1.6, 3.2, 9, 0.1, 0], 0.8])
    assert found == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1, 0, 0])


def test_a_gap_on_its_axis(call):
    """Oracle: by hand; beyond an end it is at the end."""
    body = "(m, [values, axis]) => values.map((value) => m.onScale(value, axis))"
    assert call(SOURCE, body, [[-1, 0, 0.5, 3, 4, -2], [-1, 3]]) == pytest.approx([0, 0.25, 0.375, 1, 1, 0])


def test_why_a_cell_is_unclear(call):
    """Oracle: by hand: an interval with 0 in it, one seed, no common seed; the other marks explain themselves."""
    gaps = [{"points": 0.3, "seeds": 3, "interval": [-0.1, 0.7]}, {"points": 0.3, "seeds": 1, "interval": None}, None]
    cells = [told(PaperTable(rows({ST: gap}, rts_cnn=[80], rts_st_cnn_affine=[50])), ST) for gap in gaps]
    cells += [told(PaperTable(pair()), name) for name in (ST, "rts-cnn", "r-cnn", "r-st-cnn-tps")]
    states = ["unclear", "alone", "apart", "lowers", "plain", "none", "none"]
    assert call(SOURCE, "(m, cells) => cells.map(m.stateOf)", cells) == states


def test_arrow_keys_walk_a_grid(call):
    """Oracle: by hand: 8 rows of 5; at an edge it stays; Home and End go along the row, with Control to the corners."""
    keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]
    body = "(m, [keys, at, far]) => keys.map((key) => m.cellAfter(at, key, far, 8, 5))"
    assert call(SOURCE, body, [[*keys, "a"], 7, False]) == [6, 8, 2, 12, 5, 9, None]
    assert call(SOURCE, body, [keys, 0, False]) == [0, 1, 0, 5, 0, 4]
    assert call(SOURCE, body, [keys, 39, True]) == [38, 39, 34, 39, 0, 39]


def test_round_ticks(call):
    """Oracle: by hand."""
    ends = [[0, 1], [0, 0.92], [0, 22], [0, 3.5], [0, 0.3], [0, 0.1], [-1.03, 1.9]]
    got = call(SOURCE, "(m, ends) => ends.map((one) => m.roundTicks(one, 5))", ends)
    assert got == [
        [0, 0.2, 0.4, 0.6, 0.8, 1],
        [0, 0.2, 0.4, 0.6, 0.8],
        [0, 5, 10, 15, 20],
        [0, 1, 2, 3],
        [0, 0.1, 0.2, 0.3],
        [0, 0.02, 0.04, 0.06, 0.08, 0.1],
        [-1, 0, 1],
    ]


def test_the_interval_plot(call):
    """Oracle: by hand: the CNN first; an axis from 0 that holds the longest interval."""
    shown = PaperTable(pair())
    cells = [told(shown, "rts-st-cnn-affine"), told(shown, "rts-cnn")]
    body = (
        "(m, [a, b]) => { const p = m.intervalPlot(a, b); return [p.pair.map((one) => one.id), p.most, p.share(0.5)]; }"
    )
    names, most, half = call(SOURCE, body, cells)
    assert names == ["rts-cnn", "rts-st-cnn-affine"] and call(SOURCE, body, cells[::-1])[0] == names
    assert most == pytest.approx(1.06 * error_interval(82, 10_000)[1], rel=1e-3) and half == pytest.approx(0.5 / most)


def test_the_curves(call):
    """Oracle: by hand: the rival below; the last point at the right end; from .3 up to 59.5, a logarithm each."""
    shown = PaperTable(pair())
    cells = [told(shown, "rts-st-cnn-affine"), told(shown, "rts-cnn")]
    body = "(m, [a, b, steps]) => m.curveChart(a, b, steps)"
    chart = call(SOURCE, body, [*cells, shown.steps])
    assert [line["side"]["id"] for line in chart["lines"]] == ["rts-cnn"] * 3 + ["rts-st-cnn-affine"] * 3
    first, last = (chart["lines"][0]["points"][k] for k in (0, -1))
    close(first, [182 / 5469, 1], 1e-9)
    assert last[0] == 1 and last[1] == pytest.approx(math.log(1.5 / 1) / math.log(59.5 / 1))
    assert [tick["value"] for tick in chart["ticks"]] == [1, 3, 10, 30]
    assert [tick["millions"] for tick in chart["across"]] == [0, 0.5, 1]
    empty = [told(PaperTable(rows()), cell["id"]) for cell in cells]
    assert call(SOURCE, body, [*empty, []]) is None
