"""The committed weights, and the error that their files record."""

import pytest

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
