"""The paper's table as a page is handed it: marks by hand, what is missing, what is refused, how much it is."""

import json
import math
import re

import pytest
import traitlets

from stn_lib.metrics import error_interval
from stn_lib.widgets import PaperTable
from tests.widgets.javascript import close, module
from tests.widgets.paper_rows import command, full, pair, row, rows, run
from tests.widgets.stage import synced

SOURCE = module("paper_table/cells.js")
ST = "rts-st-cnn-affine"


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
    """Oracle: by hand, with the rows of three networks backwards; their distortions' labels are the page's words."""
    found = [row(f"{d}-{n}", []) for n in ("st-cnn-tps", "st-cnn-affine", "cnn") for d in ("tc", "r")]
    shown = PaperTable(found)
    assert shown.distortions == ["tc", "r"]
    assert shown.families == [["st-cnn", ["st-cnn-tps", "st-cnn-affine"]], ["", ["cnn"]]]
    assert shown.words["tasks"] == {"tc": "TC", "r": "R"} and shown.words["short"]["r"] == "short R"
    assert "digits distorted by TC" in shown.words["digits"].values()


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


def test_the_whole_table_stays_small():
    """Oracle: 60 kB as the page stores it, with 40 cells of three seeds."""
    state, blobs = synced(PaperTable(full()))
    assert not blobs and len(json.dumps(state, separators=(",", ":")).encode()) < 60_000
    assert all(len(str(number)) <= 8 for cell in state["cells"] for run in cell["runs"] for number in run["curve"])


def test_the_table_without_javascript():
    """Oracle: by hand: 40 figures of the paper, ours where it ran, heads with their scope, a mark with its name."""
    text = PaperTable(pair())._fallback
    assert len(re.findall("<td data-mark=", text)) == 40 and text.count('scope="col"') == 5
    assert text.count('scope="row"') == 8 and text.count('scope="rowgroup"') == 2
    found = re.search(r"ST-CNN</th>.*?affine</th>(.*?)</tr>", text)[1]
    cells = [re.sub("<.*?>", "", cell).split() for cell in found.split("</td>")[:-1]]
    assert cells == [["–", "0.7"], ["0.49", "0.5", "0.37–0.65"], ["–", "0.8"], ["–", "1.2"], ["–", "1.7†"]]
    assert text.count('aria-label="the transformer lowers our error rate') == 1
    assert text.count('aria-label="not run yet"') == 38
    assert "names no transform" in text


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


def test_arrow_keys_walk_a_grid(call):
    """Oracle: by hand: 8 rows of 5; at an edge it stays; Home and End go along the row, with Control to the corners."""
    keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]
    body = "(m, [keys, at, far]) => keys.map((key) => m.cellAfter(at, key, far, 8, 5))"
    assert call(SOURCE, body, [[*keys, "a"], 7, False]) == [6, 8, 2, 12, 5, 9, None]
    assert call(SOURCE, body, [keys, 0, False]) == [0, 1, 0, 5, 0, 4]
    assert call(SOURCE, body, [keys, 39, True]) == [38, 39, 34, 39, 0, 39]


def test_round_ticks(call):
    """Oracle: by hand."""
    got = call(SOURCE, "(m, a) => a.map((most) => m.roundTicks(most, 5))", [1, 0.92, 22, 3.5, 0.3, 0.1])
    assert got == [
        [0, 0.2, 0.4, 0.6, 0.8, 1],
        [0, 0.2, 0.4, 0.6, 0.8],
        [0, 5, 10, 15, 20],
        [0, 1, 2, 3],
        [0, 0.1, 0.2, 0.3],
        [0, 0.02, 0.04, 0.06, 0.08, 0.1],
    ]


def test_the_interval_plot(call):
    """Oracle: by hand: the CNN first; from its mean .82 the gap of .33 goes to .49, on an axis from 0."""
    shown = PaperTable(pair())
    cells = [told(shown, "rts-st-cnn-affine"), told(shown, "rts-cnn")]
    body = "(m, [a, b]) => { const p = m.intervalPlot(a, b); return [p.pair.map((one) => one.id), p.most, p.share(0.5), p.gap]; }"
    names, most, half, gap = call(SOURCE, body, cells)
    assert names == ["rts-cnn", "rts-st-cnn-affine"] and call(SOURCE, body, cells[::-1])[0] == names
    assert most == pytest.approx(1.06 * error_interval(82, 10_000)[1], rel=1e-3) and half == pytest.approx(0.5 / most)
    assert [gap["base"] * most, gap["tip"] * most] == pytest.approx([0.82, 0.49])
    assert [x * most for x in gap["span"]] == pytest.approx([0.82 - 0.5747, 0.82 - 0.0853], abs=1e-3)
    assert gap["cut"] == [False, False]


def test_an_interval_that_runs_over_the_axis_is_cut(call):
    """Oracle: by hand: gaps .3 and .1 of two seeds: .2 give or take 12.7 times .1, from -1.07 to 1.47."""
    gap = {"points": 0.2, "seeds": 2, "interval": [-1.0706, 1.4706]}
    shown = PaperTable(rows({"rts-st-cnn-affine": gap, "rts-cnn": gap}, rts_cnn=[80, 70], rts_st_cnn_affine=[50, 60]))
    cells = [told(shown, "rts-st-cnn-affine"), told(shown, "rts-cnn")]
    gap = call(SOURCE, "(m, [a, b]) => m.intervalPlot(a, b).gap", cells)
    assert gap["span"] == [0, 1] and gap["cut"] == [True, True]


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
