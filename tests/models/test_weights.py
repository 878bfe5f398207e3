"""The committed weights, and the error that their files record."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from stn_lib import models
from stn_lib.metrics import error_interval
from stn_lib.training import TrainConfig, evaluate

NAMES = ("digits-rts-cnn", "digits-rts-st-cnn", "cover-cnn", "cover-st-cnn")
ON_MNIST = ("mnist-rts-cnn", "mnist-rts-st-cnn")


@pytest.mark.parametrize("name", NAMES)
def test_committed_weights_make_the_recorded_errors(name):
    """Oracle: the file's own record; another processor may decide a picture or two otherwise."""
    about, model = models.pretrained_info(name), models.load_pretrained(name)
    assert about["command"].startswith("python -m stn_lib train --model ")
    config = TrainConfig(**about["config"])
    found = evaluate(model, config.recipe, copies=config.copies)
    assert found.n == about["n"] and abs(found.wrong - about["wrong"]) <= 2


@pytest.mark.parametrize("name", ON_MNIST)
def test_weights_from_mnist_read_other_digits(name):
    """Oracle: the embedded digits, which they have not seen: chance is 90 % wrong. Their error on MNIST, which not
    everybody has, is the file's own record; here it need only fit its counts."""
    about = models.pretrained_info(name)
    low, high = error_interval(about["wrong"], about["n"])
    assert (
        about["command"].startswith("python -m stn_lib train --dataset mnist --distortion RTS --model ")
        and about["n"] == 10_000
    )
    assert about["interval_percent"] == pytest.approx([low, high], abs=0.006)
    assert about["error_percent"] < 3 and evaluate(models.load_pretrained(name), "RTS").error < 20


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("pooling-cnn", {"pool": "aps"}),
        ("st-cnn", {"transform": "tps"}),
        ("table1", {"classifier": "cnn"}),  # its batch norms come after the pooling: they stay
        ("table1", {"classifier": "fcn", "transform": "affine"}),
    ],
)
def test_every_network_is_saved_and_loaded(name, arguments, tmp_path):
    """Oracle: the answers of the network itself, to half precision."""
    generator = torch.Generator().manual_seed(0)
    model = models.build(name, generator, in_size=(40, 40), **arguments).eval()
    for norm in (part for part in model.modules() if hasattr(part, "running_var")):
        norm.running_mean.uniform_(-1, 1, generator=generator)
        norm.running_var.uniform_(0.5, 2, generator=generator)
    loaded = models.load_pretrained(models.save_weights(model, tmp_path / "net.safetensors"))
    images = torch.rand(4, 1, 40, 40, generator=generator)
    torch.testing.assert_close(loaded(images), model(images), rtol=0.01, atol=0.01)


def test_weights_that_half_precision_cannot_hold_are_not_saved(tmp_path):
    """Oracle: the largest number of half precision, 65504; no file is written."""
    model = models.build("cnn")
    model[-1].bias.data[0] = 1e5
    with pytest.raises(ValueError, match="finite in half precision, got NaN or infinity in 10.bias"):
        models.save_weights(model, tmp_path / "net.safetensors")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["model", "arguments", "names", "shapes"])
def test_a_foreign_weights_file_is_refused(kind, tmp_path):
    """Oracle: the message, which names the file."""
    path = models.save_weights(models.build("cnn"), tmp_path / "net.safetensors")
    about = {"model": '"cnn"', "arguments": "{}"}
    state = load_file(path)
    if kind in about:
        about[kind] = {"model": "[1]", "arguments": '{"widths": "ab"}'}[kind]
    else:
        state = {f"{key}-" if kind == "names" else key: value[:1].clone() for key, value in state.items()}
    save_file(state, path, metadata=about)
    with pytest.raises(
        ValueError, match="expected weights written by `python -m stn_lib export`, got .*net.safetensors"
    ):
        models.load_pretrained(path)
