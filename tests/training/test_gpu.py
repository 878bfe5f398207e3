"""Training on a GPU, CUDA's or Apple's; left out where there is none."""

import pytest
import torch

from stn_lib.data import held_out_set, load_digits_split, training_batch
from stn_lib.data.digits import DigitsSplit
from stn_lib.spatial_transformer import TRANSFORMS
from stn_lib.training import OutOfTime, TrainConfig, load_run, train

GPU = next((name for name, kind in (("cuda", torch.cuda), ("mps", torch.backends.mps)) if kind.is_available()), None)
pytestmark = pytest.mark.skipif(GPU is None, reason="no GPU here")

NETWORKS = [("cnn", "affine"), ("fcn", "affine")] + [
    (model, transform) for model in ("st-cnn", "st-fcn") for transform in TRANSFORMS
]


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    """Products in full precision: TF32 has three decimals."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.parametrize("distortion", ["R", "RTS", "P", "E", "TC"])
def test_images_are_those_of_the_cpu(distortion):
    """Oracle: the same draws on the CPU; both of training and held out."""
    split = load_digits_split()
    there = DigitsSplit(*(part.to(GPU) for part in split))
    batches = [training_batch(s, distortion, 64, generator=torch.Generator().manual_seed(3)) for s in (split, there)]
    held = [held_out_set(s, distortion, 1) for s in (split, there)]
    for ours, theirs in [*zip(*batches, strict=True), *zip(*held, strict=True)]:
        torch.testing.assert_close(theirs.cpu(), ours, atol=2e-5, rtol=0)


@pytest.mark.parametrize("model, transform", NETWORKS)
def test_it_descends_as_the_cpu_does(model, transform):
    """Oracle: the losses of the same run on the CPU."""
    runs = [
        train(
            TrainConfig(model=model, transform=transform, size="table1", steps=20, lr=1e-4, copies=1, device=device),
            progress=False,
        )
        for device in ("cpu", GPU)
    ]
    losses = [[row["loss"] for row in run.history] for run in runs]
    assert losses[1] == pytest.approx(losses[0], rel=2e-3)
    assert runs[0].evaluation.n == runs[1].evaluation.n


def test_a_killed_run_goes_on_and_opens_on_the_cpu(tmp_path):
    """Oracle: the loss of a run that nobody stopped; half precision, as the table runs it."""
    config = TrainConfig(size="table1", steps=30, copies=1, device=GPU, precision="bfloat16", lr=1e-4)
    whole = train(config, progress=False)
    stops = iter([False] * 11 + [True])
    with pytest.raises(OutOfTime):
        train(config, out=tmp_path, stop=lambda: next(stops), progress=False)
    model, _, state = load_run(tmp_path)
    assert state["step"] == 12 and all(p.device.type == "cpu" for p in model.parameters())
    again = train(config, out=tmp_path, progress=False)
    assert again.history[-1]["loss"] == pytest.approx(whole.history[-1]["loss"], rel=0.02)
