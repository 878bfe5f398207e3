"""The paper's table as a page is told it: means, marks and gaps by hand, what is missing, what is refused, how much it is."""

import json
import math
import re

import pytest
import traitlets

from experiments import table1
from experiments.table1 import CELLS, PAPER, Cell
from stn_lib.metrics import error_interval
from stn_lib.widgets import PaperTable
from tests.widgets.stage import synced
from tests.widgets.test_twin import call, close, module  # noqa: F401  (call is a fixture)

SOURCE = module("cells.js", "besidePaper, cellAfter, roundTicks, intervalPlot, curveChart")
ST, PLAIN = Cell("rts", "st-cnn-affine"), Cell("rts", "cnn")


def result(cell, seed, wrong, points=60, **changes):
    """What `reproduce table1` writes of a run; the error on batches is 60 % at first and then falls by one a point."""
    config = table1.table1_config(cell, seed)
    steps = [round((k + 1) * config.steps / points) for k in range(points)]
    return {
        "cell": str(cell),
        "seed": seed,
        "command": table1.command(config),
        "commit": "bfec3fc4c3eba1009a01814c42a30076ddde9fd2",
        "changed": False,
        "device": "cpu: a processor",
        "threads": 1,
        "torch": "2.13.0",
        "seconds": 600.0 + 60 * seed,
        "parameters": 300466,
        "pictures": config.steps * config.batch_size,
        "error_percent": wrong / 100,
        "interval_percent": list(error_interval(wrong, 10_000)),
        "wrong": wrong,
        "n": 10_000,
        "curve": [{"step": step, "loss": 1.0, "batch_error": 60.0 - k} for k, step in enumerate(steps)],
    } | changes


def results(**wrong):
    """Runs by a cell's name: rts_cnn=[70, 80] are two seeds with 70 and 80 of 10,000 digits wrong."""
    cells = {table1.parse_cell(name.replace("_", "-")): counts for name, counts in wrong.items()}
    return {cell: [result(cell, seed, k) for seed, k in enumerate(counts)] for cell, counts in cells.items()}


def pair():
    return results(rts_cnn=[70, 80, 96], rts_st_cnn_affine=[45, 50, 52])


def full(seeds=3):
    """All cells; seeds lie apart by a tenth of the paper's figure, so that no number is round."""
    found = {}
    for k, cell in enumerate(CELLS):
        counts = [round(PAPER[cell.network][cell.distortion] * (83 + k + 10 * seed)) for seed in range(seeds)]
        found[cell] = [result(cell, seed, wrong) for seed, wrong in enumerate(counts)]
        for run in found[cell]:
            for j, point in enumerate(run["curve"]):
                point["batch_error"] = 90 / (j + 1) ** 1.1234 + 0.1234
    return found


def told(shown, name):
    return next(cell for cell in shown.cells if cell["id"] == name)


def test_a_cell_in_figures():
    """Oracle: by hand: 45, 50 and 52 of 10,000 are .49 % in the mean, below .5; Wilson's interval of 49 in 10,000."""
    cell = told(PaperTable(pair()), "rts-st-cnn-affine")
    assert cell["error"] == pytest.approx(0.49) and cell["paper"] == 0.5
    assert [run["error"] for run in cell["runs"]] == [0.45, 0.5, 0.52]
    assert [run["wrong"] for run in cell["runs"]] == [45, 50, 52]
    assert cell["interval"] == pytest.approx(error_interval(49, 10_000), rel=1e-3)
    assert (cell["mark"], cell["verdict"], cell["rival"]) == ("below", "belowNear", "rts-cnn")


def test_the_gap_is_over_paired_seeds():
    """Oracle: by hand: gaps .25, .30 and .44; mean .33, deviation .0985, times t(.975, 2) = 4.3027 over the root of 3."""
    for name in ("rts-st-cnn-affine", "rts-cnn"):  # a plain network is compared with the one that has run
        cell = told(PaperTable(pair()), name)
        reach = 4.3027 * math.sqrt((0.08**2 + 0.03**2 + 0.11**2) / 2) / math.sqrt(3)
        assert cell["gap"]["points"] == pytest.approx(0.33) and cell["gap"]["seeds"] == 3
        assert cell["gap"]["interval"] == pytest.approx([0.33 - reach, 0.33 + reach], abs=1e-3)
        assert cell["paperGap"] == 0.3


def test_one_seed_has_no_interval_and_no_common_seed_no_gap():
    """Oracle: by hand: .80 - .45; seeds 0 and 1 have nothing in common."""
    found = results(rts_cnn=[80], rts_st_cnn_affine=[45])
    assert told(PaperTable(found), "rts-cnn")["gap"] == {"points": 0.35, "seeds": 1, "interval": None}
    found[PLAIN][0]["seed"] = 1
    assert told(PaperTable(found), "rts-cnn")["gap"] is None
    assert told(PaperTable(results(rts_cnn=[80])), "rts-cnn")["gap"] is None


@pytest.mark.parametrize(
    ("wrong", "mark", "verdict"),
    [
        ([30], "below", "below"),
        ([50], "below", "belowNear"),
        ([51], "above", "aboveNear"),
        ([90], "above", "above"),
        ([49, 52], "above", "aboveNear"),
        ([49, 51], "below", "belowNear"),
    ],
)
def test_marks(wrong, mark, verdict):
    """Oracle: by hand: the paper prints .5; 30 of 10,000 may be .21 to .43 %, below .45; 90 are .73 % at least."""
    cell = told(PaperTable(results(rts_st_cnn_affine=wrong)), "rts-st-cnn-affine")
    assert (cell["mark"], cell["verdict"]) == (mark, verdict)


def test_a_mean_that_binary_fractions_lift_is_not_above():
    """Oracle: by hand: 1.1 and 1.3 are 1.2 in the mean, which Python takes for 1.2000000000000002."""
    assert sum([1.1, 1.3]) / 2 > 1.2
    assert told(PaperTable(results(r_cnn=[110, 130])), "r-cnn")["mark"] == "below"


def test_cells_that_are_missing():
    """Oracle: the paper's figure stands alone, with the command that the command line would be given."""
    shown = PaperTable(pair())
    cell = told(shown, "tc-st-fcn-tps")
    assert (cell["error"], cell["interval"], cell["gap"], cell["runs"]) == (None, None, None, [])
    assert (cell["mark"], cell["verdict"], cell["paper"], cell["shared"]) == ("none", "none", 2.0, True)
    assert cell["command"] == "python -m stn_lib train --task mnist-tc --model st-fcn --transform tps --seed 0"
    assert len(shown.cells) == 40 and sum(cell["mark"] == "none" for cell in shown.cells) == 38


def test_figures_of_the_paper_that_name_no_transform_are_marked():
    """Oracle: six cells: TC with a transformer."""
    marked = {cell["id"] for cell in PaperTable({}).cells if cell["shared"]}
    assert marked == {f"tc-st-{n}-{t}" for n in ("fcn", "cnn") for t in ("affine", "projective", "tps")}


def test_a_curve_in_thirty_points_and_a_command_without_its_seed():
    """Oracle: by hand: of 60 points two by two, 59.5, 57.5, …, each at the later step, in as many steps as the run."""
    shown = PaperTable(pair())
    run = told(shown, "rts-st-cnn-affine")["runs"][2]
    assert run["curve"] == [59.5 - 2 * k for k in range(30)]
    steps = shown.steps[run["steps"]]
    assert len(steps) == 30 and steps[-1] == table1.table1_config(ST).steps == 5469 and steps[0] == round(5469 / 30)
    assert shown.commands[run["command"]].endswith("--transform affine --seed {seed}") and run["seed"] == 2
    assert (len(shown.steps), len(shown.makers), len(shown.commands)) == (1, 1, 2)


@pytest.mark.parametrize("points", [1, 7, 31])
def test_short_curves_are_kept(points):
    """Oracle: by hand: thirty at most, the last step always."""
    run = result(ST, 0, 45, points=points)
    shown = PaperTable({ST: [run]})
    assert len(shown.steps[0]) == min(points, 30) and shown.steps[0][-1] == 5469


@pytest.mark.parametrize(
    ("found", "cell"),
    [
        ({}, "rts-st-cnn-affine"),
        (pair(), "rts-st-cnn-affine"),
        (results(rts_cnn=[80], e_fcn=[300]), "e-fcn"),
    ],
)
def test_where_it_opens(found, cell):
    """Oracle: by hand: the ST-CNN on RTS; where it has not run, the first that has, in the order of the table."""
    assert PaperTable(found).cell == cell


def test_it_opens_where_it_is_asked_to():
    """Oracle: by hand; a cell or its name, and later by a trait."""
    assert PaperTable({}, cell="tc-fcn").cell == PaperTable({}, cell=Cell("tc", "fcn")).cell == "tc-fcn"
    shown = PaperTable(pair())
    shown.cell = "p-cnn"
    with pytest.raises((ValueError, traitlets.TraitError), match="expected a cell such as .*, got 'p-rnn'"):
        shown.cell = "p-rnn"


def test_the_whole_table_stays_small():
    """Oracle: 60 kB as the page stores it, with 40 cells of three seeds."""
    state, blobs = synced(PaperTable(full()))
    assert not blobs and len(json.dumps(state, separators=(",", ":")).encode()) < 60_000
    assert all(len(str(number)) <= 8 for cell in state["cells"] for run in cell["runs"] for number in run["curve"])


def test_what_load_results_reads(tmp_path):
    """Oracle: the same cells as from the dicts that were written."""
    for cell, runs in pair().items():
        for run in runs:
            (tmp_path / f"{cell}-{run['seed']}.json").write_text(json.dumps(run))
    assert PaperTable(table1.load_results(tmp_path)).cells == PaperTable(pair()).cells


def test_the_table_without_javascript():
    """Oracle: by hand: 40 figures of the paper, ours where it ran, heads with their scope, a mark with its name."""
    text = PaperTable(pair())._fallback
    assert len(re.findall("<td data-mark=", text)) == 40 and text.count('scope="col"') == 5
    assert text.count('scope="row"') == 8 and text.count('scope="rowgroup"') == 2
    row = re.search(r"ST-CNN</th>.*?affine</th>(.*?)</tr>", text)[1]
    cells = [re.sub("<.*?>", "", cell).split() for cell in row.split("</td>")[:-1]]
    assert cells == [["–", "0.7"], ["0.49", "0.5", "0.37–0.65"], ["–", "0.8"], ["–", "1.2"], ["–", "1.7†"]]
    assert text.count('aria-label="ours is at or below it"') == 1 and text.count('aria-label="ours is above"') == 1
    assert "names no transform" in text


def broken(**changes):
    return {ST: [result(ST, 0, 45) | changes]}


def without(name):
    run = result(ST, 0, 45)
    del run[name]
    return {ST: [run]}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "expected results by cell, got list: take table1.load_results"),
        ({"rts-rnn": []}, "expected a cell such as .*, got rts-rnn"),
        ({7: []}, "expected a cell such as .*, got 7"),
        ({ST: []}, r"one or more results of rts-st-cnn-affine, got \[\]: leave"),
        ({ST: result(ST, 0, 45)}, "expected a list of one or more results"),
        (without("device"), "result 0 of rts-st-cnn-affine to have device, got cell, seed"),
        (broken(cell="rts-cnn"), "results of rts-st-cnn-affine, got one of rts-cnn"),
        (broken(error_percent=math.nan), "from 0 to 100 per cent, got nan"),
        (broken(error_percent=101), "from 0 to 100 per cent, got 101"),
        (broken(curve=[]), r"curve of rts-st-cnn-affine .* got \[\]"),
        (broken(curve=[{"step": 1, "batch_error": -1}]), "curve of rts-st-cnn-affine with errors from 0"),
        (broken(curve=[{"step": 2, "batch_error": 1}] * 2), r"curve that rise, got \[2, 2\]"),
        ({ST: [result(ST, 0, 45)] * 2}, r"one result of rts-st-cnn-affine for each seed, got seeds \[0, 0\]"),
        ({ST: [result(ST, 0, 45), result(ST, 1, 45, n=500)]}, r"on one test set, got n = \[500, 10000\]"),
    ],
)
def test_wrong_results_are_refused(found, message):
    """Oracle: the message says what was expected, what came and what to do."""
    with pytest.raises(ValueError, match=message):
        PaperTable(found)


def test_an_unknown_cell_is_refused():
    """Oracle: the message names it."""
    with pytest.raises(ValueError, match="expected a cell such as rts-st-cnn-affine, got 'rts-rnn'"):
        PaperTable({}, cell="rts-rnn")


def test_a_figure_stands_beside_the_paper_s(call):  # noqa: F811
    """Oracle: by hand: a quarter, a half, the same, twice, four times; what lies beyond is at an end, 0 as well."""
    body = "(m, [values, paper]) => values.map((value) => m.besidePaper(value, paper))"
    found = call(SOURCE, body, [[0.2, 0.4, 0.8, 1.6, 3.2, 9, 0.1, 0], 0.8])
    assert found == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1, 0, 0])


def test_arrow_keys_walk_a_grid(call):  # noqa: F811
    """Oracle: by hand: 8 rows of 5; at an edge it stays; Home and End go along the row, with Control to the corners."""
    keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]
    body = "(m, [keys, at, far]) => keys.map((key) => m.cellAfter(at, key, far, 8, 5))"
    assert call(SOURCE, body, [[*keys, "a"], 7, False]) == [6, 8, 2, 12, 5, 9, None]
    assert call(SOURCE, body, [keys, 0, False]) == [0, 1, 0, 5, 0, 4]
    assert call(SOURCE, body, [keys, 39, True]) == [38, 39, 34, 39, 0, 39]


def test_round_ticks(call):  # noqa: F811
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


def test_the_interval_plot(call):  # noqa: F811
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


def test_an_interval_that_runs_over_the_axis_is_cut(call):  # noqa: F811
    """Oracle: by hand: gaps .3 and .1 of two seeds: .2 give or take 12.7 times .1, from -1.07 to 1.47."""
    shown = PaperTable(results(rts_cnn=[80, 70], rts_st_cnn_affine=[50, 60]))
    cells = [told(shown, "rts-st-cnn-affine"), told(shown, "rts-cnn")]
    gap = call(SOURCE, "(m, [a, b]) => m.intervalPlot(a, b).gap", cells)
    assert gap["span"] == [0, 1] and gap["cut"] == [True, True]


def test_the_curves(call):  # noqa: F811
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
    empty = [told(PaperTable({}), cell["id"]) for cell in cells]
    assert call(SOURCE, body, [*empty, []]) is None
