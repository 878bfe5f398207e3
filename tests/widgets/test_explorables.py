"""The Python side of the explorables: what they accept, refuse, and leave for a page without JavaScript."""

from functools import partial

import numpy as np
import pytest

from stn_lib import widgets
from stn_lib.models import CNN
from stn_lib.widgets import (
    ByHand,
    Estimate,
    LossAlongShift,
    MoveDigit,
    PoolShift,
    Prediction,
    SamplePoint,
    StraightenDigit,
    WarpImage,
)
from tests.widgets.makers import MAKERS

GOOD = [("2", True, "Yes."), ("11", False, "That joins digits.")]


@pytest.mark.parametrize(
    "options",
    [[], GOOD[:1], [("a", False, "x"), ("b", False, "y")], [("a", True, "x"), ("b", False, "")]],
    ids=["none", "one", "none correct", "one unexplained"],
)
def test_a_prediction_needs_two_explained_options_and_a_correct_one(options):
    with pytest.raises(ValueError, match="expected two or more options"):
        Prediction("k", "1 + 1?", options)


def test_a_prediction_without_javascript_shows_the_question_and_escapes_it():
    text = Prediction("k", "is 1 < 2?", [("<yes>", True, "."), ("no", False, ".")])._fallback
    assert "is 1 &lt; 2?" in text and "&lt;yes&gt;" in text and "<yes>" not in text


def test_a_prediction_s_images_are_those_of_its_options():
    """Oracle: by hand, 255 times the values, row by row."""
    images = np.zeros((2, 2, 3))
    images[1, 1, 2] = 1
    widget = Prediction("k", "1 + 1?", GOOD, image=np.full((2, 3), 0.2), images=images)
    assert widget.size == [2, 3] and widget.image == [51] * 6
    assert widget.images == [[0] * 6, [0, 0, 0, 0, 0, 255]]
    assert widget._fallback.count("<svg") == 3


@pytest.mark.parametrize(
    ("image", "images", "message"),
    [
        (None, np.zeros((1, 2, 2)), "one image for each of 2 options, got 1"),
        (None, np.zeros((2, 4)), r"an image \(H, W\) of finite values, got shape \(4,\)"),
        (np.zeros((2, 2)), np.zeros((2, 3, 3)), "images of one size"),
        (np.full((2, 2), np.nan), None, "finite values"),
    ],
)
def test_a_prediction_refuses_images_that_do_not_fit(image, images, message):
    with pytest.raises(ValueError, match=message):
        Prediction("k", "1 + 1?", GOOD, image=image, images=images)


@pytest.mark.parametrize("shape", [(4,), (2, 3, 4), (9, 3), (3, 9), (0, 3)])
def test_sample_point_refuses_what_it_cannot_draw(shape):
    with pytest.raises(ValueError, match="at most 8 by 8"):
        SamplePoint(np.zeros(shape))


def test_sample_point_keeps_row_major_order_of_an_image_that_is_not_square():
    widget = SamplePoint([[1, 2, 3], [4, 5, 6]])
    assert (widget.height, widget.width, widget.image) == (2, 3, [1, 2, 3, 4, 5, 6])


def test_sample_point_refuses_an_unknown_mode():
    with pytest.raises(Exception, match="bilinear"):
        SamplePoint(mode="cubic")


def test_loss_along_shift_refuses_a_batch():
    with pytest.raises(ValueError, match=r"expected an image \(H, W\)"):
        LossAlongShift(np.zeros((1, 4, 4)))


def test_the_cover_shows_one_held_out_digit_of_each_class():
    widget = StraightenDigit()
    assert len(widget.digits) == 10 * 28 * 28
    assert widget.labels == list(range(10))


def test_the_mover_refuses_curves_and_networks_it_cannot_use():
    network = CNN(in_size=(40, 40))
    with pytest.raises(ValueError, match="expected curves of"):
        MoveDigit(network, {"colour": [1.0, 2.0]})
    with pytest.raises(ValueError, match="two or more values"):
        MoveDigit(network, {"rotation": [1.0]})
    with pytest.raises(ValueError, match="40 x 40 pixels, got in_size"):
        MoveDigit(CNN())


@pytest.mark.parametrize("shape", [(4, 6), (5, 5), (4,), (0, 0)])
def test_the_pooler_refuses_a_map_it_cannot_halve(shape):
    with pytest.raises(ValueError, match="square feature map of an even side"):
        PoolShift(np.zeros(shape))


@pytest.mark.parametrize("bits", [[0, 1], [0, 1, 2, 0, 1, 0, 1, 0]])
def test_the_pooler_refuses_what_is_not_eight_bits(bits):
    with pytest.raises(ValueError, match="expected eight bits"):
        PoolShift(np.eye(4), bits=bits)


def test_the_warper_refuses_what_its_family_does_not_have():
    with pytest.raises(ValueError, match="expected 6 numbers for 'affine', got 8"):
        WarpImage(theta=[1, 0, 0, 0, 1, 0, 0, 0])
    with pytest.raises(ValueError, match="horizon outside the image"):
        WarpImage(family="projective", theta=[1, 0, 0, 0, 1, 0, 0.6, -0.6])
    with pytest.raises(ValueError, match="square image"):
        WarpImage(np.zeros((3, 4)))


#: A question stands there without JavaScript; every other explorable leaves an image.
QUESTIONS = (Prediction, Estimate, ByHand)
FALLBACKS = {cls.__name__: make for cls, make in MAKERS.items() if cls not in QUESTIONS} | {
    f"{WarpImage.__name__}, {family}": partial(WarpImage, family=family) for family, _ in WarpImage.WORDS["families"]
}


def test_every_explorable_has_a_maker():
    """Oracle: the package's classes."""
    classes = {name for name in vars(widgets) if name[0].isupper()}
    assert {cls.__name__ for cls in MAKERS} == classes, "see MAKERS in tests/widgets/makers.py"


@pytest.mark.parametrize("make", FALLBACKS.values(), ids=FALLBACKS)
def test_every_explorable_leaves_an_image_with_a_name(make):
    text = make()._fallback
    assert "<svg" in text and 'role="img"' in text and "<figcaption>" in text


def test_python_observers_see_a_change():
    seen = []
    widget = SamplePoint()
    widget.observe(lambda change: seen.append(change["new"]), "x")
    widget.x = 2.25
    assert seen == [2.25]
