"""What is recorded of a run."""

import json

import pytest

from stn_lib.models import count_parameters
from stn_lib.training import TrainConfig, record, train
from stn_lib.training.record import downsample


def test_a_record_holds_the_result_and_the_config(tmp_path):
    """Oracle: the run itself; the config loads again; the file is plain JSON."""
    config = TrainConfig(model="cnn", distortion="R", steps=2, batch_size=4, copies=1)
    result = train(config, progress=False)
    record.write(tmp_path / "result.json", {**record.provenance(config), **record.run_summary(result)})
    written = json.loads((tmp_path / "result.json").read_text())
    assert TrainConfig(**written["config"]) == config
    assert written["pictures"] == 8 and written["parameters"] == count_parameters(result.model)
    assert written["wrong"] == result.evaluation.wrong and written["n"] == result.evaluation.n
    assert written["error_percent"] == pytest.approx(100 * written["wrong"] / written["n"], abs=1e-4)
    assert written["device"].startswith("cpu: ") and written["threads"] == 1 and written["processes"] == 1
    assert [row["step"] for row in written["curve"]] == [2]


@pytest.mark.parametrize(("rows", "points"), [(7, 3), (60, 60), (5, 60), (1, 60), (0, 60)])
def test_a_downsampled_history_keeps_the_mean(rows, points):
    """Oracle: the sum over all rows, by the number of rows that each point stands for."""
    history = [{"step": 10 * (k + 1), "loss": float(k * k)} for k in range(rows)]
    found = downsample(history, points)
    assert len(found) == min(rows, points) and [row["step"] for row in found[-1:]] == [10 * rows][: len(found)]
    widths = [b["step"] - a["step"] for a, b in zip([{"step": 0}, *found], found, strict=False)]
    total = sum(width / 10 * row["loss"] for width, row in zip(widths, found, strict=True))
    assert total == pytest.approx(sum(row["loss"] for row in history), abs=1e-2)
