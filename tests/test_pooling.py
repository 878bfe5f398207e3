"""Pooling taken apart, against scipy, torch and the example worked by hand."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from torch import nn
from torch.nn import functional as F

from stn_lib.pooling import KERNELS, BlurPool2d, MaxBlurPool2d, PolyphasePool2d, dense_max, polyphase

SCIPY = {"reflect": "mirror", "circular": "grid-wrap", "zeros": "constant"}
SHAPES = st.tuples(*(st.integers(low, high) for low, high in ((0, 3), (1, 4), (5, 12), (5, 12))))


def random_images(shape, seed, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def rows(bits):
    """One line of bits as an image whose rows are all the same."""
    return torch.tensor([float(b) for b in bits], dtype=torch.float64).expand(1, 1, 8, -1)


def first_row(images):
    return images[0, 0, 0].tolist()


def scipy_blur(dense, kernel, stride, padding):
    """Oracle: scipy's correlation along both axes, then every stride-th pixel."""
    taps = np.array(KERNELS[kernel]) / sum(KERNELS[kernel])
    # scipy centres an even kernel to the right of its middle; origin moves it to the left, as here.
    origin = -1 if len(taps) % 2 == 0 else 0
    out = dense.numpy()
    for axis in (2, 3):
        out = ndimage.correlate1d(out, taps, axis=axis, mode=SCIPY[padding], origin=origin)
    return torch.from_numpy(out)[:, :, ::stride, ::stride]


@settings(max_examples=120, deadline=None)
@given(SHAPES, st.sampled_from(list(KERNELS)), st.integers(1, 3), st.sampled_from(list(SCIPY)), st.integers(0, 999))
def test_blur_pool_equals_scipy(shape, kernel, stride, padding, seed):
    images = random_images(shape, seed)
    ours = BlurPool2d(kernel, stride, padding)(images)
    theirs = scipy_blur(images, kernel, stride, padding) if shape[0] else ours
    assert ours.shape == (*shape[:2], (shape[2] - 1) // stride + 1, (shape[3] - 1) // stride + 1)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(SHAPES, st.integers(1, 4), st.integers(0, 999))
def test_dense_max_equals_scipy(shape, size, seed):
    images = random_images((max(shape[0], 1), *shape[1:]), seed)
    for circular in (False, True):
        # An even window of scipy's reaches to the left; origin makes it begin at the pixel.
        theirs = ndimage.maximum_filter(
            images.numpy(), (1, 1, size, size), mode="grid-wrap", origin=(0, 0, -(size // 2), -(size // 2))
        )
        ours = dense_max(images, size, circular)
        height, width = ours.shape[2:]
        np.testing.assert_array_equal(ours.numpy(), theirs[:, :, :height, :width])


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.integers(1, 3), st.sampled_from(list(KERNELS)), st.integers(0, 999))
def test_max_blur_pool_is_the_dense_maximum_then_the_blur(shape, size, kernel, seed):
    images = random_images((max(shape[0], 1), shape[1], shape[2] + 3, shape[3] + 3), seed)
    dense = torch.from_numpy(
        ndimage.maximum_filter(
            images.numpy(), (1, 1, size, size), mode="constant", origin=(0, 0, -(size // 2), -(size // 2))
        )
    )[:, :, : images.shape[2] - size + 1, : images.shape[3] - size + 1]
    torch.testing.assert_close(
        MaxBlurPool2d(size, kernel)(images), scipy_blur(dense, kernel, 2, "reflect"), rtol=0, atol=1e-12
    )


def test_max_pooling_is_the_dense_maximum_subsampled():
    """Oracle: torch's max_pool2d."""
    images = random_images((2, 3, 9, 12), 0)
    assert torch.equal(dense_max(images, 3)[:, :, ::2, ::2], F.max_pool2d(images, 3, 2))


def test_the_example_by_hand():
    """Oracle: the figures of the chapter, worked with a pencil."""
    bits, left = rows("00110011"), rows("01100110")
    assert first_row(dense_max(bits, circular=True)) == [0, 1, 1, 1, 0, 1, 1, 1]
    assert first_row(F.max_pool2d(bits, 2)) == [0, 1, 0, 1]
    assert first_row(F.max_pool2d(left, 2)) == [1, 1, 1, 1]
    assert first_row(F.max_pool2d(rows("00011001"), 2)) == [0, 1, 1, 1]
    assert first_row(F.max_pool2d(rows("11001100"), 2)) == [1, 0, 1, 0]
    expected = {
        "Rect-2": ([0.5, 1, 0.5, 1], [1, 1, 1, 1]),
        "Tri-3": ([0.5, 1, 0.5, 1], [0.75, 0.75, 0.75, 0.75]),
        "Bin-5": ([0.625, 0.875, 0.625, 0.875], [0.75, 0.75, 0.75, 0.75]),
    }
    differences = {"Rect-2": 0.5, "Tri-3": 0.25, "Tri-4": 0.25, "Bin-5": 0.125}
    for kernel, difference in differences.items():
        pool = MaxBlurPool2d(2, kernel, padding="circular")
        here, there = (torch.tensor(first_row(pool(line))) for line in (bits, left))
        assert (here - there).abs().mean().item() == pytest.approx(difference, abs=1e-12), kernel
        if kernel in expected and kernel != "Rect-2":
            assert here.tolist() == pytest.approx(expected[kernel][0])
            assert there.tolist() == pytest.approx(expected[kernel][1])


def test_a_constant_picture_stays_constant_up_to_the_edge():
    for kernel in KERNELS:
        flat = torch.full((1, 2, 7, 9), 0.3, dtype=torch.float64)
        torch.testing.assert_close(BlurPool2d(kernel)(flat), torch.full((1, 2, 4, 5), 0.3, dtype=torch.float64))
        assert BlurPool2d(kernel, padding="zeros")(flat).min() < 0.3, "zeros darken the edge"


@pytest.mark.parametrize("pool", [PolyphasePool2d(), PolyphasePool2d(3, 2, "Tri-3"), PolyphasePool2d(2, 3)])
def test_polyphase_pooling_moves_along_with_every_circular_shift(pool):
    """Oracle: the answer of the image that was not moved, moved."""
    images = random_images((3, 2, 12, 18), 5)
    still = pool(images)
    for dy in range(0, 7):
        for dx in range(0, 7):
            moved = pool(images.roll((dy, dx), dims=(2, 3)))
            candidates = [still.roll((a, b), dims=(2, 3)) for a in range(still.shape[2]) for b in range(still.shape[3])]
            for k in range(3):
                assert any(torch.equal(moved[k], c[k]) for c in candidates), (dy, dx, k)


def test_polyphase_components_are_all_the_subsamplings():
    images = random_images((2, 3, 6, 9), 1)
    parts = polyphase(images, 3)
    assert parts.shape == (2, 9, 3, 2, 3)
    assert torch.equal(parts[:, 5], images[:, :, 1::3, 2::3])


def test_each_picture_chooses_for_itself():
    """Oracle: the largest norm, found with numpy."""
    images = random_images((5, 2, 8, 8), 2)
    dense = dense_max(images, 2, circular=True).numpy()
    kept = PolyphasePool2d()(images)
    for k in range(5):
        parts = [dense[k, :, i::2, j::2] for i in range(2) for j in range(2)]
        best = max(parts, key=lambda part: float((part**2).sum()))
        np.testing.assert_array_equal(kept[k].numpy(), best)


def test_a_network_with_polyphase_pooling_is_invariant_to_circular_shifts():
    torch.manual_seed(0)
    conv = {"kernel_size": 3, "padding": 1, "padding_mode": "circular"}
    layers = [nn.Conv2d(1, 6, **conv), nn.ReLU(), None, nn.Conv2d(6, 8, **conv), nn.ReLU(), None]
    images = torch.rand(6, 1, 16, 20)

    def spread(pool):
        net = nn.Sequential(*(pool() if layer is None else copy.deepcopy(layer) for layer in layers))
        answers = [
            net(images.roll((dy, dx), dims=(2, 3))).mean(dim=(2, 3)).detach() for dy in range(4) for dx in range(4)
        ]
        return max((answer - answers[0]).abs().max().item() for answer in answers)

    assert spread(PolyphasePool2d) < 1e-6
    assert spread(lambda: nn.MaxPool2d(2)) > 1e-3, "the test would see a difference"


@pytest.mark.parametrize("module", [BlurPool2d("Tri-4"), MaxBlurPool2d(2, "Bin-5"), PolyphasePool2d(2, 2, "Tri-3")])
def test_gradients(module):
    """Oracle: finite differences."""
    images = random_images((2, 2, 6, 8), 3).requires_grad_()
    assert torch.autograd.gradcheck(module, (images,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_dtype_of_the_picture_is_kept(dtype):
    for module in (BlurPool2d(), MaxBlurPool2d(), PolyphasePool2d()):
        assert module(torch.rand(1, 1, 8, 8).to(dtype)).dtype == dtype


def test_the_taps_are_no_weights():
    assert list(BlurPool2d().state_dict()) == [] and list(BlurPool2d().parameters()) == []


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: BlurPool2d("Gauss"), ValueError, "expected kernel to be one of 'Rect-2'"),
        (lambda: BlurPool2d([1, -1]), ValueError, "sum is not 0"),
        (lambda: BlurPool2d(padding="mirror"), ValueError, "expected padding to be one of 'reflect'"),
        (lambda: BlurPool2d(stride=0), ValueError, "stride of at least 1"),
        (lambda: BlurPool2d("Bin-5")(torch.rand(1, 1, 2, 9)), ValueError, "at least 3 pixels a side"),
        (lambda: BlurPool2d()(torch.rand(1, 8, 8)), ValueError, r"shape \(N, C, H, W\), got \(1, 8, 8\)"),
        (lambda: dense_max(torch.zeros(1, 1, 4, 4, dtype=torch.int64)), TypeError, "floating"),
        (lambda: dense_max(torch.rand(1, 1, 4, 4), 5), ValueError, "got 5 on"),
        (lambda: PolyphasePool2d()(torch.rand(1, 1, 7, 8)), ValueError, "the stride 2 divides, got"),
    ],
)
def test_bad_input_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()
