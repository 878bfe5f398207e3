"""The measured error, counted once more by other means."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from stn_lib.data import held_out_set, load_digits_split
from stn_lib.metrics import pose
from stn_lib.models import CNN
from stn_lib.training import error_by_angle, evaluate
from stn_lib.training.evaluation import Evaluation


class Always(nn.Module):
    """Answers the same label to everything."""

    def __init__(self, label):
        super().__init__()
        self.label = label

    def forward(self, images):
        return nn.functional.one_hot(torch.full((len(images),), self.label), 10).float()


def test_error_of_a_constant_answer():
    """Oracle: numpy's count of the labels."""
    labels = load_digits_split().test_labels.numpy()
    found = evaluate(Always(3), "R", copies=2)
    assert found.n == 2 * len(labels) and found.wrong == 2 * int((labels != 3).sum())
    assert found.error == pytest.approx(100 * np.mean(labels != 3))


def test_bins_of_angles_hold_every_image_once():
    """Oracle: the angles of theta by the math module, image by image."""
    held = held_out_set(load_digits_split(), "R", 1)
    found = evaluate(Always(3), held)
    bins = error_by_angle(found, width=30)
    angles = [abs(math.degrees(math.atan2(t[0][1], t[0][0]))) for t in held.theta.tolist()]
    for k, (span, error, n) in enumerate(bins):
        inside = [i for i, angle in enumerate(angles) if 30 * k <= angle < 30 * k + 30]
        assert span == (30 * k, 30 * k + 30) and n == len(inside)
        assert error == pytest.approx(100 * np.mean([held.labels[i] != 3 for i in inside]))
    assert sum(n for _, _, n in bins) == found.n


def angle_bins(degrees, height=28, width=28):
    """The bins of digits that were rotated by these angles in a frame of this size."""
    turn = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    theta = torch.zeros(len(turn), 2, 3, dtype=torch.float64)
    theta[:, 0, 0] = theta[:, 1, 1] = turn.cos()
    theta[:, 0, 1], theta[:, 1, 0] = -turn.sin() * height / width, turn.sin() * width / height
    logits, labels = torch.eye(10)[:1].repeat(len(turn), 1), torch.zeros(len(turn), dtype=torch.int64)
    return [
        (span, n) for span, _, n in error_by_angle(Evaluation(0.0, (0.0, 1.0), 0, len(turn), logits, labels, theta))
    ]


def test_bins_of_angles_where_images_are_not_square_or_upright():
    """Oracle: the angles that theta was made from."""
    for size in ((28, 28), (20, 60), (60, 20)):
        assert angle_bins([0, -40.0, 40, 20, 100], *size) == [
            ((0, 15), 1),
            ((15, 30), 1),
            ((30, 45), 2),
            ((90, 105), 1),
        ]
    assert angle_bins([0, 0]) == []
    assert angle_bins([0, 30.0]) == [((0, 15), 1), ((15, 30), 1)]  # the last bin holds its upper end


@pytest.mark.parametrize(("kind", "form"), [("P", r"\(445, 3, 3\)"), ("E", r"\(445, 16, 2\)")])
def test_what_is_not_affine_has_no_angle(kind, form):
    """Oracle: the message; the error itself is measured all the same."""
    found = evaluate(Always(3), kind, copies=1)
    assert found.wrong == int((load_digits_split().test_labels != 3).sum())
    with pytest.raises(ValueError, match=rf"expected affine theta \(n, 2, 3\), got {form}"):
        error_by_angle(found)
    with pytest.raises(ValueError, match=r"expected theta of shape \(N, 2, 3\), got"):
        pose(found.theta)


def test_the_mode_is_given_back():
    """Oracle: the mode before."""
    for training in (True, False):
        model = Always(1).train(training)
        evaluate(model, "R", copies=1)
        assert model.training is training


def test_images_of_another_size_are_refused():
    """Oracle: the message names both sizes. A network that names none is given whatever there is."""
    with pytest.raises(ValueError, match="expected images of 42 x 42 pixels for this network, got 28 x 28"):
        evaluate(CNN(), "R", copies=1)
    assert evaluate(Always(1), "R", copies=1).n == 445


def test_a_network_that_returns_nan_has_no_error_rate():
    """Oracle: the message; argmax would take the NaN for the largest logit."""
    model = CNN()
    model[-1].bias.data[3] = float("nan")
    with pytest.raises(FloatingPointError, match="expected finite logits, got NaN or infinity: .*lower lr"):
        evaluate(model, "RTS", copies=1)
