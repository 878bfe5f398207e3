"""The paper's table: its cells, their runs, what is stored of them, and what it says."""

import dataclasses
import json
import re

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from experiments import options as command_line
from experiments import runner, table1
from experiments.__main__ import main
from experiments.catalogue import find
from experiments.table1 import CELLS, PAPER, Cell, parse_cell, table1_config
from experiments.table1.experiment import EXPERIMENT, config_of, rows
from experiments.table1.paper import paper_gap, paper_interval
from experiments.table1.window import window_summary
from stn_lib.data import held_out_set, load_digits_split, mnist
from stn_lib.metrics import error_interval, paired_bootstrap
from stn_lib.models import count_parameters
from stn_lib.training import TrainConfig, load_run
from stn_lib.training.runs import build_model

ENTRY = find("table1")


def options(tmp_path, words=""):
    """The experiment's options, with folders that are temporary."""
    folders = ["--out", str(tmp_path / "results"), "--runs", str(tmp_path / "runs")]
    return command_line.parse(ENTRY, [*words.split(), *folders])


def test_the_published_table():
    """Oracle: Jaderberg et al. 2015, Table 1, row by row as printed; for TC the text of section 4.1."""
    printed = {
        "fcn": "2.1 5.2 3.1 3.2 13.2", "cnn": "1.2 0.8 1.5 1.4 3.5",
        "st-fcn-affine": "1.2 0.8 1.5 2.7 2.0", "st-fcn-projective": "1.3 0.9 1.4 2.6 2.0",
        "st-fcn-tps": "1.1 0.8 1.4 2.4 2.0", "st-cnn-affine": "0.7 0.5 0.8 1.2 1.7",
        "st-cnn-projective": "0.8 0.6 0.8 1.3 1.7", "st-cnn-tps": "0.7 0.5 0.8 1.1 1.7",
    }  # fmt: skip
    assert {name: " ".join(map(str, row.values())) for name, row in PAPER.items()} == printed
    assert len(CELLS) == 40 and len(set(CELLS)) == 40


def test_all_networks_have_the_same_budget(table1_sizes):
    """Oracle: the sizes of all tensors; one hidden unit is worth 2 % at most."""
    assert max(table1_sizes.values()) < 1.02 * min(table1_sizes.values())


def test_cells_differ_in_network_distortion_and_length_only():
    """Oracle: a fair comparison: with a transformer as many steps as without."""
    configs = {cell: dataclasses.asdict(table1_config(cell, 3)) for cell in CELLS}
    for cell, config in configs.items():
        plain = configs[Cell(cell.distortion, "fcn" if "fcn" in cell.network else "cnn")]
        assert {key for key in config if config[key] != plain[key]} <= {"model", "transform"}
        assert (config["dataset"], config["distortion"]) == ("mnist", cell.distortion.upper())
        assert config["seed"] == 3 and config["hold_out"] == "test"


@pytest.mark.parametrize("cell", CELLS[::7], ids=str)
def test_every_network_of_the_table_learns_and_crops(cell):
    """Oracle: shapes by hand; a gradient reaches every weight after the first step has moved the last layer."""
    network = build_model(table1_config(cell, 1))
    images = torch.rand(6, 1, *network.in_size, generator=torch.Generator().manual_seed(2))
    for _ in range(2):
        network.zero_grad()
        out = network(images)
        F.cross_entropy(out, torch.arange(6)).backward()
        with torch.no_grad():
            for p in network.parameters():
                p -= 0.001 * p.grad
    assert out.shape == (6, 10)
    assert all(p.grad.abs().sum() > 0 for name, p in network.named_parameters() if "bias" not in name)
    if cell.network.startswith("st-"):
        assert network.transformer(images).shape == (6, 1, 28, 28)


def test_a_config_with_samples_builds_an_antialiased_transformer():
    """Oracle: a mean over 2 x 2 points, resized by torch to the output of a transformer at the identity."""
    images = torch.rand(2, 1, 60, 60, generator=torch.Generator().manual_seed(0))
    cell = Cell("tc", "st-cnn-affine")
    plain, fine = (build_model(table1_config(cell, samples=samples)).transformer for samples in (1, 2))
    expected = F.avg_pool2d(F.interpolate(images, (56, 56), mode="bilinear"), 2)
    assert torch.allclose(fine(images), expected, atol=2e-5) and not torch.allclose(plain(images), expected, atol=0.1)


def test_the_order_of_the_runs(tmp_path):
    """Oracle: by hand: one seed of everything, then further seeds of convolutional networks, then the rest."""
    given = options(tmp_path, "--cells r-fcn r-cnn e-st-cnn-tps e-st-fcn-tps --seeds 3")
    config = table1_config(parse_cell("r-cnn"), device="cuda", threads=4, precision="float32")
    given.out.mkdir()
    (given.out / "r-cnn-0.json").write_text(json.dumps({"config": dataclasses.asdict(config), "answers": "7"}))
    missing = [f"{row['cell']}-{row['seed']}" for row in EXPERIMENT.open(ENTRY, given).missing()]
    assert missing == [
        "r-fcn-0", "e-st-cnn-tps-0", "e-st-fcn-tps-0",
        "r-cnn-1", "e-st-cnn-tps-1", "r-cnn-2", "e-st-cnn-tps-2",
        "r-fcn-1", "e-st-fcn-tps-1", "r-fcn-2", "e-st-fcn-tps-2",
    ]  # fmt: skip


def test_a_result_of_other_settings_or_a_torn_one_is_missing(tmp_path):
    """Oracle: by hand: the table's own settings, other ones, other ones that the options give, and no JSON."""
    cell = parse_cell("r-cnn")
    file = tmp_path / "results" / "r-cnn-0.json"
    file.parent.mkdir()
    for steps, words, left in ((None, "", 0), (7, "", 1), (7, "--steps 7", 0), (None, "--steps 7", 1)):
        config = table1_config(cell, **({} if steps is None else {"steps": steps}))
        file.write_text(json.dumps({"config": dataclasses.asdict(config), "answers": "7"}))
        assert len(EXPERIMENT.open(ENTRY, options(tmp_path, f"--cells r-cnn {words}")).missing()) == left
    first_edition = json.dumps({"config": dataclasses.asdict(table1_config(cell))})
    for torn in ("", "[]", "{}", '{"config": nu', first_edition):
        file.write_text(torn)
        store = EXPERIMENT.open(ENTRY, options(tmp_path, "--cells r-cnn"))
        assert store.missing() == [{"cell": "r-cnn", "seed": 0}]


def test_what_is_stored_of_a_run(digits_for_mnist, tmp_path, capsys):
    """Oracle: the interval from the counts, the weights counted here, the theta of the trained network, and the command,
    parsed again, is the same run."""
    words = "--cells rts-st-cnn-affine --seed 2 --steps 3 --precision float32"
    given = options(tmp_path, words)
    assert runner.run(ENTRY, given, progress=False) == 0
    row = json.loads((given.out / "rts-st-cnn-affine-2.json").read_text())
    config = table1_config(parse_cell("rts-st-cnn-affine"), 2, steps=3, precision="float32")
    assert TrainConfig(**row["config"]) == config
    assert row["parameters"] == count_parameters(build_model(config)) and row["pictures"] == 3 * 256
    assert row["n"] == 445 and row["error_percent"] == pytest.approx(100 * row["wrong"] / 445, abs=1e-4)
    assert row["interval_percent"] == pytest.approx(error_interval(row["wrong"], 445), abs=1e-4)
    assert (
        row["command"]
        == f"python -m experiments table1 {words.replace('--steps 3 --precision float32', '--precision float32 --steps 3')}"
    )
    again = command_line.parse(ENTRY, row["command"].split()[4:])
    assert [config_of(one, again) for one in rows(again)] == [config]
    assert row["curve"][-1]["step"] == 3 and row["threads"] == 1 and row["device"].startswith("cpu")
    trained, _, _ = load_run(tmp_path / "runs" / "rts-st-cnn-affine-2")
    images = held_out_set(load_digits_split(), "RTS", copies=1).images[:8]
    assert torch.equal(table1.shown("rts").images, images)
    with torch.no_grad():
        theta = trained.transformer.theta(images)
    assert torch.allclose(torch.tensor(row["theta"]), theta, atol=1e-5)
    labels = load_digits_split(hold_out="test").test_labels.tolist()
    assert len(row["answers"]) == 445 and len(row["wrong_at"]) == row["wrong"]
    assert row["wrong_at"] == [
        k for k, (own, true) in enumerate(zip(row["answers"], labels, strict=True)) if int(own) != true
    ]
    assert row["window"] == window_summary(trained, load_digits_split(), held_out_set(load_digits_split(), "RTS", 1))
    assert row["seconds"] > 0 and set(row) >= {"commit", "changed", "torch", "python", "processes"}
    assert "rts-st-cnn-affine      seed 2: " in (said := capsys.readouterr().out) and "the paper's 0.5" in said


def test_a_run_of_other_settings_fails_alone(digits_for_mnist, tmp_path):
    """Oracle: the message names the run and the setting of its checkpoint; the other run has its result."""
    assert runner.run(ENTRY, options(tmp_path, "--cells r-fcn --steps 3"), progress=False) == 0
    given = options(tmp_path, "--cells r-fcn e-fcn --steps 2")
    with pytest.raises(ValueError, match=r"expected no result of other settings, got .*r-fcn-0\.json: delete it, or"):
        runner.run(ENTRY, given, progress=False)
    (given.out / "r-fcn-0.json").unlink()
    with pytest.raises(ValueError, match=r"expected 2 rows, got 1 that failed:\nr-fcn, seed 0: .*steps"):
        runner.run(ENTRY, given, progress=False)
    assert json.loads((given.out / "e-fcn-0.json").read_text())["theta"] is None


def test_what_fails_every_run_ends_it_at_once(tmp_path, monkeypatch):
    """Oracle: by hand: a device that is not there, and a download that nobody answers."""
    missing = next(
        name for name, kind in (("cuda", torch.cuda), ("mps", torch.backends.mps)) if not kind.is_available()
    )
    with pytest.raises(ValueError, match=missing):
        runner.run(ENTRY, options(tmp_path, f"--device {missing}"))

    def nobody(hold_out):
        raise ConnectionError("no mirror")

    monkeypatch.setattr(mnist, "load_mnist", nobody)
    with pytest.raises(ConnectionError, match="no mirror"):
        runner.run(ENTRY, options(tmp_path))
    assert not list(tmp_path.iterdir())


def stored(folder, cell, wrong, n=1000, train=0.0, **changes):
    """Results whose networks err on these images, one list a seed."""
    folder.mkdir(exist_ok=True)
    for seed, wrong_at in enumerate(wrong):
        config = dataclasses.asdict(table1_config(parse_cell(cell), seed, **changes))
        row = {
            "cell": cell, "seed": seed, "error_percent": 100 * len(wrong_at) / n, "n": n, "parameters": 300_000 + seed,
            "seconds": 60.0, "wrong_at": list(wrong_at), "config": config, "curve": [{"step": 9, "batch_error": train}],
        }  # fmt: skip
        (folder / f"{cell}-{seed}.json").write_text(json.dumps(row))


def test_summary_and_gap(tmp_path):
    """Oracle: means by hand, Wilson's interval; the bootstrap of the arrays written here."""
    stored(tmp_path, "rts-cnn", [range(9), range(11), range(13)], train=0.5)
    stored(tmp_path, "rts-st-cnn-affine", [range(6), range(5), range(7)])
    found = table1.load_results(tmp_path)
    summary = table1.summarise(found[Cell("rts", "cnn")])
    assert summary.error == pytest.approx(1.1) and summary.spread == (0.9, 1.3) and summary.seeds == 3
    assert summary.interval == pytest.approx(error_interval(11, 1000)) and summary.paper == 0.8
    assert summary.train == 0.5
    gap = table1.gap(found, "rts", "st-cnn-affine")
    image = np.arange(1000)
    arrays = [np.stack([image < count for count in counts]) for counts in ((9, 11, 13), (6, 5, 7))]
    assert gap == (*paired_bootstrap(*arrays, resamples=100_000), 3) and gap.points == pytest.approx(0.5)
    assert table1.gap(found, "rts", "st-fcn-affine") is None
    stored(tmp_path, "r-cnn", [range(10)])
    stored(tmp_path, "r-st-cnn-tps", [range(8), [1]])
    alone = table1.gap(table1.load_results(tmp_path), "r", "st-cnn-tps")
    assert alone.points == pytest.approx(0.2) and alone.seeds == 1 and alone.interval[0] == 0


def test_a_gap_of_the_first_edition_has_no_p(tmp_path):
    """Oracle: by hand: 10 and 8 errors in 1,000 images, of which only the counts are stored."""
    stored(tmp_path, "r-cnn", [range(10)])
    stored(tmp_path, "r-st-cnn-tps", [range(8)])
    for file in tmp_path.iterdir():
        row = json.loads(file.read_text())
        del row["wrong_at"]
        file.write_text(json.dumps(row))
    found = table1.load_results(tmp_path)
    assert table1.gap(found, "r", "st-cnn-tps") == (pytest.approx(0.2), None, None, 1)
    (line,) = [line for line in table1.report(found).splitlines() if line.startswith("st-cnn-tps") and "0.20" in line]
    assert line.split()[-3:] == ["0.20", "-", "0.5"]


def test_report(tmp_path, capsys):
    """Oracle: the words, by hand: mean, seeds, the paper's figure and gap with their intervals, and the marks."""
    stored(tmp_path / "results", "rts-cnn", [range(9), range(11)], train=1.5)
    stored(tmp_path / "results", "rts-st-cnn-affine", [range(1), range(2)])
    stored(tmp_path / "results", "p-st-cnn-affine", [range(1)], steps=10)
    assert main(["table1", "report", "--out", str(tmp_path / "results")]) == 0
    text = capsys.readouterr().out
    lines = {line.split("  ")[0]: line for line in text.split("\nRTS (")[1].split("\nP (")[0].splitlines()}
    assert re.search(r" 1\.00 \(0\.54 to 1\.83\) +2 +1\.50 +0\.8 \(0\.64 to 0\.99\) \+!$", lines["cnn"])
    assert re.search(
        r" 0\.15 .* 2 +0\.00 +0\.5 \(.*\) +0\.85 \(0\.35 to 1\.45\) +<0\.001 +0\.3$", lines["st-cnn-affine"]
    )
    assert lines["fcn"].split()[:3] == ["fcn", "-", "5.2"]
    assert re.search(r"\nst-cnn-affine +0\.10 .*\) \?\n", text) and "for all 1\ncomparisons" in text
    assert "the paper's 38" in text and "AdamW" in text and "parameters: 300,000 to 300,001" in text
    assert main(["table1", "report", "--out", str(tmp_path / "nowhere")]) == 0
    assert "no rows in" in capsys.readouterr().out


def test_the_papers_intervals_are_binomial():
    """Oracle: scipy's interval of 50 errors in 10,000; the gaps by hand from the printed table."""
    low, high = stats.binomtest(50, 10_000).proportion_ci(method="wilson")
    assert paper_interval("rts", "st-cnn-affine") == pytest.approx((100 * low, 100 * high), abs=1e-5)
    gaps = {d: round(paper_gap(d, "st-cnn-affine"), 1) for d in ("r", "rts", "p", "e", "tc")}
    assert gaps == {"r": 0.5, "rts": 0.3, "p": 0.7, "e": 0.2, "tc": 1.8}
    assert paper_gap("tc", "st-fcn-tps") == pytest.approx(11.2)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cell": "x"}', '{"cell": "r-cnn"'])
def test_a_foreign_result_is_named(tmp_path, content):
    """Oracle: the message names the file or the cell."""
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ValueError, match=r"expected a result .*bad\.json|expected a cell"):
        table1.load_results(tmp_path)
