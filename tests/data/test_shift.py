"""Whole-pixel shifts against scipy's."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from stn_lib.data import shift


@pytest.mark.parametrize("fill", ["zeros", "circular"])
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (1, 0), (0, 1), (-2, 3), (5, -7), (9, 0), (0, -8), (-30, 40)])
def test_equals_scipy(fill, dx, dy):
    """Oracle: scipy.ndimage.shift of order 0."""
    images = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0)).double() + 1
    mode = {"zeros": "constant", "circular": "grid-wrap"}[fill]
    theirs = ndimage.shift(images.numpy(), (0, 0, dy, dx), order=0, mode=mode)
    np.testing.assert_array_equal(shift(images, dx, dy, fill).numpy(), theirs)


def test_right_and_down_are_positive():
    picture = torch.zeros(1, 1, 3, 4)
    picture[..., 0, 0] = 1
    assert shift(picture, 2, 1)[0, 0].nonzero().tolist() == [[1, 2]]


def test_gradients_go_back_where_the_pixels_came_from():
    picture = torch.ones(2, 3, requires_grad=True)
    shift(picture, 1).sum().backward()
    assert picture.grad.tolist() == [[1, 1, 0], [1, 1, 0]]


def test_bad_input_is_refused():
    with pytest.raises(TypeError, match="whole pixels, got dx=0.5"):
        shift(torch.ones(2, 3), 0.5)
    with pytest.raises(ValueError, match="expected fill to be one of"):
        shift(torch.ones(2, 3), 1, fill="wrap")
