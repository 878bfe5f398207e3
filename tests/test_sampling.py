"""The sampler against torch's, scipy's and numbers worked by hand: values, both gradients, errors."""

import itertools
import platform

import numpy as np
import pytest
import scipy.ndimage
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from stn_lib.coordinates import base_grid
from stn_lib.sampling import (
    MODES,
    PADDINGS,
    antialiased_sample,
    cubic_weights,
    grid_sample,
    linearized_sample,
    mean_of_samples,
    subpixel_grid,
)

# Whether torch's sampler rounds (x + 1) * W / 2 - 1/2 once or twice is a matter of its build. On a pixel centre that last
# bit decides between two slopes; where the build is another one, only centres that need no rounding are compared.
ROUNDS_ONCE = platform.system() == "Linux" and platform.machine() == "x86_64"
CASES = list(itertools.product(MODES, PADDINGS, (False, True)))
SQUARES = torch.arange(1.0, 17.0, dtype=torch.float64).reshape(1, 1, 4, 4) ** 2


def random_case(seed, batch, channels, height, width, dtype=torch.float64, align=False):
    """A picture, and points inside, outside, on the pixels and half way between them."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, channels, height, width, generator=generator, dtype=dtype)
    size = torch.tensor([width, height], dtype=dtype)
    free = torch.rand(batch, 4, 6, 2, generator=generator, dtype=dtype) * 6 - 3
    halves = torch.randint(-14, 40, (batch, 4, 6, 2), generator=generator) / 2 % (2 * size) - size / 2
    halves = (halves * 2).round() / 2
    if not ROUNDS_ONCE:
        halves = torch.where(size.log2() % 1 == 0, halves, halves + 0.01)
    lattice = 2 * halves / (size - 1).clamp(min=1) - 1 if align else (2 * halves + 1) / size - 1
    chosen = torch.rand(batch, 4, 6, 1, generator=generator) < 0.5
    return image, torch.where(chosen, free, lattice.to(dtype))


def value_and_gradients(function, image, grid, *arguments):
    leaves = image.clone().requires_grad_(), grid.clone().requires_grad_()
    out = function(*leaves, *arguments)
    weight = torch.randn(out.shape, generator=torch.Generator().manual_seed(7), dtype=out.dtype)
    return out, *torch.autograd.grad((out * weight).sum(), leaves)


@pytest.mark.parametrize(("mode", "padding", "align"), CASES)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(0, 3), st.integers(1, 3), st.integers(1, 8), st.integers(1, 8))
def test_values_and_gradients_are_torchs(mode, padding, align, seed, batch, channels, height, width):
    image, grid = random_case(seed, batch, channels, height, width, align=align)
    ours = value_and_gradients(grid_sample, image, grid, mode, padding, align)
    torchs = value_and_gradients(F.grid_sample, image, grid, mode, padding, align)
    for name, a, b in zip(("value", "input gradient", "grid gradient"), ours, torchs, strict=True):
        assert a.shape == b.shape
        torch.testing.assert_close(a, b, atol=1e-9, rtol=1e-9, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize(("mode", "padding", "align"), CASES)
def test_in_single_precision_too(mode, padding, align):
    image, grid = random_case(3, 2, 3, 5, 7, torch.float32, align)
    ours = value_and_gradients(grid_sample, image, grid, mode, padding, align)
    torchs = value_and_gradients(F.grid_sample, image, grid, mode, padding, align)
    for a, b in zip(ours, torchs, strict=True):
        torch.testing.assert_close(a, b, atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("mode", "padding", "align"), CASES)
def test_half_precision_follows_double_as_closely_as_its_coordinates_allow(mode, padding, align, dtype):
    # A constant picture, read inside: whatever the rounding of the coordinates, the answer is the constant.
    image = torch.full((1, 2, 9, 300), 0.5, dtype=dtype)
    grid = (torch.rand(1, 3, 50, 2, generator=torch.Generator().manual_seed(0)) * 1.2 - 0.6).to(dtype)
    out = grid_sample(image, grid, mode, padding, align)
    assert out.dtype == dtype
    torch.testing.assert_close(out, torch.full_like(out, 0.5), atol=0.04, rtol=0)


@pytest.mark.parametrize(("mode", "padding", "align"), [case for case in CASES if case[0] != "nearest"])
def test_gradcheck_off_the_lattice(mode, padding, align):
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(2, 2, 4, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    pixel = torch.randint(-2, 6, (2, 3, 3, 2), generator=generator) + 0.3
    size = torch.tensor([5.0, 4.0], dtype=torch.float64)
    grid = 2 * pixel / (size - 1) - 1 if align else (2 * pixel + 1) / size - 1
    assert torch.autograd.gradcheck(
        lambda i, g: grid_sample(i, g, mode, padding, align), (image, grid.requires_grad_())
    )


def test_second_derivatives_are_finite_differences_of_the_first():
    image, grid = random_case(5, 1, 1, 5, 6)
    grid = grid[:, :, :, :].clamp(-0.9, 0.9) + 0.0123
    assert torch.autograd.gradgradcheck(
        lambda i, g: grid_sample(i, g, "bicubic"), (image.requires_grad_(), grid.requires_grad_())
    )


@pytest.mark.parametrize("padding", PADDINGS)
def test_bilinear_derivatives_have_derivatives_in_all_directions(padding):
    generator = torch.Generator().manual_seed(4)
    image = torch.rand(2, 2, 4, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    pixel = torch.randint(-2, 6, (2, 3, 3, 2), generator=generator) + 0.3
    grid = ((2 * pixel + 1) / torch.tensor([5.0, 4.0], dtype=torch.float64) - 1).requires_grad_()
    leaves = image, grid
    assert torch.autograd.gradgradcheck(lambda i, g: grid_sample(i, g, "bilinear", padding), leaves)
    assert torch.autograd.gradcheck(
        lambda i, g: grid_sample(i, g, "bilinear", padding), leaves, check_forward_ad=True, check_batched_grad=True
    )


@pytest.mark.parametrize(("mode", "padding", "align"), CASES)
def test_a_batch_in_several_blocks_is_torchs_too(mode, padding, align, monkeypatch):
    monkeypatch.setattr("stn_lib.sampling._BLOCK", 100)  # 5 images of 72 values, so in blocks of 2, 2 and 1
    image, grid = random_case(6, 5, 3, 5, 7, align=align)
    ours = value_and_gradients(grid_sample, image, grid, mode, padding, align)
    torchs = value_and_gradients(F.grid_sample, image, grid, mode, padding, align)
    for a, b in zip(ours, torchs, strict=True):
        torch.testing.assert_close(a, b, atol=1e-9, rtol=1e-9)


def test_convention_the_worked_example_by_hand():
    point = torch.tensor([[[[-0.45, -0.05]]]], dtype=torch.float64, requires_grad=True)
    value = grid_sample(SQUARES, point)
    assert value.item() == pytest.approx(0.24 * 25 + 0.36 * 36 + 0.16 * 81 + 0.24 * 100)  # 55.92
    slope = torch.autograd.grad(value.sum(), point)[0].flatten() / 2  # two pixels a unit
    assert slope.tolist() == pytest.approx([14.2, 60.8])


def test_convention_the_worked_example_with_align_corners():
    # p = 1.5 n + 2.5, counted from 1: n = (p - 2.5) / 1.5.
    point = torch.tensor([[[[(1.6 - 2.5) / 1.5, (2.4 - 2.5) / 1.5]]]], dtype=torch.float64)
    assert grid_sample(SQUARES, point, align_corners=True).item() == pytest.approx(55.92)


def test_convention_on_the_lattice_the_slope_is_the_one_to_the_right():
    row = torch.tensor([1.0, 4.0, 9.0, 16.0, 25.0], dtype=torch.float64).reshape(1, 1, 1, 5)
    x = torch.arange(5, dtype=torch.float64, requires_grad=True)
    grid = torch.stack([x / 2 - 1, torch.zeros(5, dtype=torch.float64)], -1).reshape(1, 1, 5, 2)
    slope = torch.autograd.grad(grid_sample(row, grid, align_corners=True).sum(), x)[0]
    assert slope.tolist() == [3, 5, 7, 9, -25]


def test_convention_nearest_rounds_halves_to_even():
    row = torch.arange(5.0).reshape(1, 1, 1, 5)
    x = torch.tensor([0.5, 1.5, 2.5, 3.5])
    grid = torch.stack([x / 2 - 1, torch.zeros(4)], -1).reshape(1, 1, 4, 2)
    assert grid_sample(row, grid, "nearest", align_corners=True).flatten().tolist() == [0, 2, 2, 4]


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_gradient_of_nearest_is_exactly_zero(padding):
    image, grid = random_case(2, 2, 3, 5, 7)
    gradient = value_and_gradients(grid_sample, image, grid, "nearest", padding)[2]
    assert torch.count_nonzero(gradient) == 0


def test_inside_it_is_scipys_linear_interpolation():
    generator = np.random.default_rng(0)
    image, rows, columns = generator.random((6, 9)), generator.uniform(0, 5, 40), generator.uniform(0, 8, 40)
    expected = scipy.ndimage.map_coordinates(image, [rows, columns], order=1)
    grid = np.stack([(2 * columns + 1) / 9 - 1, (2 * rows + 1) / 6 - 1], -1)
    got = grid_sample(torch.from_numpy(image)[None, None], torch.from_numpy(grid)[None, None])
    np.testing.assert_allclose(got.numpy().ravel(), expected, atol=1e-12)


def test_cubic_weights_reproduce_a_line_and_add_up_to_one():
    t = torch.linspace(0, 1, 11, dtype=torch.float64)
    weights = torch.stack(cubic_weights(t))
    torch.testing.assert_close(weights.sum(0), torch.ones_like(t))
    # a = -0.75 does not reproduce a line exactly (a = -0.5 would); at the ends and in the middle it does.
    line = (weights * torch.tensor([-1.0, 0, 1, 2], dtype=torch.float64)[:, None]).sum(0)
    torch.testing.assert_close(line[[0, 5, 10]], t[[0, 5, 10]])


def test_points_far_away_read_zero_or_the_rim():
    far = torch.tensor([[[[1e9, -1e9], [-1e30, 0.0]]]], dtype=torch.float64)
    assert grid_sample(SQUARES, far).tolist() == [[[[0, 0]]]]
    # By hand: 16 is the upper right corner; at y = 0, half way between the second and the third row, (25 + 81) / 2.
    assert grid_sample(SQUARES, far, padding_mode="border").tolist() == [[[[16, 53]]]]


def test_a_grid_in_two_planes_reads_the_same_as_one_in_pairs():
    image, grid = random_case(4, 2, 3, 5, 7)
    planes = grid.permute(3, 0, 1, 2).contiguous().permute(1, 2, 3, 0)
    assert torch.equal(grid_sample(image, grid), grid_sample(image, planes))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("padding", "bad"), [("zeros", "nan"), ("border", "inf"), ("reflection", "-inf")])
def test_nan_and_infinity_in_the_grid_are_refused(mode, padding, bad):
    grid = torch.zeros(1, 2, 2, 2)
    grid[0, 1, 0, 1] = float(bad)
    with pytest.raises(
        ValueError, match="expected a grid of finite numbers, got NaN or infinity: look for them in theta"
    ):
        grid_sample(torch.rand(1, 1, 4, 5), grid, mode, padding)


def test_a_grid_whose_sum_overflows_is_read_all_the_same():
    far = torch.full((1, 2, 2, 2), 1e38)
    assert grid_sample(torch.rand(1, 1, 4, 5), far).count_nonzero() == 0


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e3, 1e6, 1e9, 1e18, 1e30, 3e38, 1e300])
def test_points_far_away_are_read_as_torch_reads_them_or_refused(size, dtype, mode, padding, align):
    """Oracle: F.grid_sample, where its own coordinates do not overflow: to infinity, or the count of mirrors past int32."""
    image = torch.rand(1, 2, 5, 7, dtype=dtype, generator=torch.Generator().manual_seed(0))
    points = [[size, 0.1], [-size, 0.1], [0.1, size], [0.1, -size], [size, -size]]
    grid = torch.tensor(points, dtype=torch.float64).to(dtype).view(1, 1, 5, 2)
    if not (4 * grid).isfinite().all() or (padding == "reflection" and size > (1e6 if dtype == torch.float32 else 5e8)):
        with pytest.raises(ValueError, match=r"finite numbers, got NaN or infinity|within .* pixels"):
            grid_sample(image, grid, mode, padding, align)
    else:
        expected = F.grid_sample(image, grid, mode, padding, align)
        torch.testing.assert_close(grid_sample(image, grid, mode, padding, align), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.skipif(not ROUNDS_ONCE, reason="how torch rounds coordinates is a matter of its build")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("size", [(28, 28), (42, 42), (7, 13), (33, 21), (1, 5), (100, 37)])
def test_where_every_stn_starts_the_slopes_are_torchs_too(size, padding, dtype):
    # At the identity all points are pixel centres up to the last bit, and that bit decides between two neighbours.
    image = torch.rand(1, 2, *size, generator=torch.Generator().manual_seed(0), dtype=dtype)
    grid = F.affine_grid(torch.eye(2, 3, dtype=dtype)[None], image.shape, align_corners=False)
    ours = value_and_gradients(grid_sample, image, grid, "bilinear", padding)
    torchs = value_and_gradients(F.grid_sample, image, grid, "bilinear", padding, False)
    for a, b in zip(ours, torchs, strict=True):
        torch.testing.assert_close(a, b, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize(("dtype", "close"), [(torch.float16, 2e-3), (torch.bfloat16, 0.06)])
@pytest.mark.parametrize(("mode", "padding", "align"), CASES)
def test_half_precision_reads_where_torch_reads(mode, padding, align, dtype, close):
    image, grid = random_case(8, 3, 2, 9, 31, align=align)
    image, grid = image.to(dtype), grid.to(dtype)
    ours, torchs = grid_sample(image, grid, mode, padding, align), F.grid_sample(image, grid, mode, padding, align)
    # torch rounds each product of the cubic weights as well, so that it is the coarser one there.
    close = 0 if mode == "nearest" else close * (8 if mode == "bicubic" and dtype == torch.float16 else 1)
    torch.testing.assert_close(ours, torchs, atol=close, rtol=0)


@pytest.mark.parametrize("mode", MODES)
def test_points_outside_do_not_touch_what_is_inside(mode):
    image = torch.full((1, 1, 4, 5), float("inf"))  # 0 * inf would be NaN
    far = torch.tensor([[[[-3.0, 0.0], [0.0, -3.0], [3.0, 0.0], [0.0, 3.0], [-9.0, 9.0]]]])
    assert (
        grid_sample(image, far, mode).flatten().tolist()
        == F.grid_sample(image, far, mode, align_corners=False).flatten().tolist()
        == [0] * 5
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_with_more_pixels_than_a_float_can_count(mode):
    height, width = 2, 2**23 // 2 + 7
    image = torch.arange(2.0 * width).remainder(251).reshape(1, 1, height, width)
    pixel = torch.tensor([width - 1, width - 2, width - 5, 1], dtype=torch.float64)
    x = (2 * pixel / (width - 1) - 1).float()  # coarse, but the same for both
    grid = torch.stack([x, torch.ones(4)], -1).reshape(1, 1, 4, 2)
    torch.testing.assert_close(
        grid_sample(image, grid, mode, "border", True), F.grid_sample(image, grid, mode, "border", True)
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("out", [(0, 5), (3, 0), (1, 1)])
def test_the_output_has_torchs_shape_and_layout(channels, out):
    image, grid = torch.rand(2, channels, 4, 5), torch.zeros(2, *out, 2)
    for mode in MODES:
        got, expected = grid_sample(image, grid, mode), F.grid_sample(image, grid, mode, align_corners=False)
        assert got.shape == expected.shape and got.is_contiguous()


def test_a_picture_in_any_layout_reads_the_same():
    image, grid = random_case(4, 2, 3, 5, 7)
    for other in (image.to(memory_format=torch.channels_last), image.mT.contiguous().mT, image.flip(3).flip(3)):
        assert torch.equal(grid_sample(other, grid), grid_sample(image, grid))


def test_inputs_are_left_as_they_were():
    image, grid = random_case(4, 2, 3, 5, 7)
    before = image.clone(), grid.clone()
    for mode, padding, align in CASES:
        grid_sample(image, grid, mode, padding, align)
    assert torch.equal(image, before[0]) and torch.equal(grid, before[1])


@pytest.mark.parametrize(
    ("image", "grid", "message"),
    [
        (torch.rand(4, 4), torch.zeros(1, 2, 2, 2), r"\(N, C, H, W\), got \(4, 4\): .*input\[None, None\]"),
        (torch.rand(1, 4, 5), torch.zeros(1, 2, 2, 2), r"got \(1, 4, 5\): .*input\[None\]"),
        (torch.rand(4, 5, 3), torch.zeros(1, 2, 2, 2), r"\(H, W, C\), use input\.permute\(2, 0, 1\)"),
        (torch.rand(1, 1, 0, 4), torch.zeros(1, 2, 2, 2), r"at least one channel and pixel, got \(1, 1, 0, 4\)"),
        (torch.rand(1, 1, 4, 4), torch.zeros(2, 2, 2), r"\(N, H, W, 2\), got \(2, 2, 2\)"),
        (torch.rand(1, 1, 4, 4), torch.zeros(1, 2, 2, 3), r"\(N, H, W, 2\), got \(1, 2, 2, 3\)"),
        (torch.rand(1, 1, 4, 4), torch.zeros(1, 2, 5, 6), r"movedim\(1, -1\)"),
        (torch.rand(2, 1, 4, 4), torch.zeros(3, 2, 2, 2), "one batch size, got 2 and 3"),
        (torch.rand(1, 1, 4, 4), torch.zeros(1, 2, 2, 2).double(), r"one dtype and device.*grid\.to\(input\)"),
        (torch.rand(1, 1, 0, 4), torch.zeros(1, 2, 2, 2), "at least one channel and pixel"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(image, grid, message):
    with pytest.raises(ValueError, match=message):
        grid_sample(image, grid)


def test_integer_images_are_refused():
    with pytest.raises(TypeError, match=r"got torch.uint8: convert it with \.float\(\), and divide pixels by 255"):
        grid_sample(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), torch.zeros(1, 2, 2, 2))


@pytest.mark.parametrize(("name", "value"), [("mode", "cubic"), ("padding_mode", "reflect")])
def test_unknown_modes_are_refused_with_the_known_ones(name, value):
    with pytest.raises(ValueError, match=rf"{name} to be one of .*, got '{value}'"):
        grid_sample(torch.rand(1, 1, 4, 4), torch.zeros(1, 2, 2, 2), **{name: value})


def auxiliary(shape, size, spread, samples, align, seed):
    """The points that a generator of this seed gives, in normalised offsets."""
    noise = torch.randn(samples, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    slack = 1 if align else 0
    return noise * spread * torch.tensor([2 / (size[1] - slack), 2 / (size[0] - slack)], dtype=torch.float64)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_linearized_slopes_are_numpys_planes(align, padding):
    """Oracle: torch's grid_sample for value and picture gradient, numpy's least squares for the slope."""
    draw = torch.Generator().manual_seed(1)
    image = torch.rand(2, 3, 7, 10, generator=draw, dtype=torch.float64, requires_grad=True)
    grid = (2.2 * torch.rand(2, 4, 5, 2, generator=draw, dtype=torch.float64) - 1.1).requires_grad_()
    weight = torch.rand(2, 3, 4, 5, generator=draw, dtype=torch.float64)
    source = torch.Generator().manual_seed(9)
    value = linearized_sample(image, grid, 1.5, 6, padding, align, generator=source)
    bilinear = F.grid_sample(image, grid.detach(), padding_mode=padding, align_corners=align)
    torch.testing.assert_close(value, bilinear)
    of_image, of_grid = torch.autograd.grad((value * weight).sum(), (image, grid))
    (expected,) = torch.autograd.grad((bilinear * weight).sum(), image)
    torch.testing.assert_close(of_image, expected)

    offsets = auxiliary(grid.shape, (7, 10), 1.5, 6, align, 9)
    with torch.no_grad():
        read = torch.stack([F.grid_sample(image, grid + o, padding_mode=padding, align_corners=align) for o in offsets])
    for n, i, j in ((0, 0, 0), (0, 3, 4), (1, 2, 1)):
        design = np.column_stack([offsets[:, n, i, j].numpy(), np.ones(6)])
        slopes = np.linalg.lstsq(design, read[:, n, :, i, j].numpy(), rcond=None)[0][:2]  # (2, C)
        np.testing.assert_allclose(of_grid[n, i, j].numpy(), slopes @ weight[n, :, i, j].numpy(), atol=1e-8)


def test_a_small_spread_gives_the_bilinear_slope():
    """Oracle: autograd through torch's grid_sample, away from the lattice."""
    image = torch.rand(1, 2, 6, 9, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    point = torch.tensor([[[[0.13, -0.21], [0.4, 0.31]]]], dtype=torch.float64, requires_grad=True)
    slopes = [
        torch.autograd.grad(sample(image, point).sum(), point)[0]
        for sample in (
            lambda u, g: F.grid_sample(u, g, align_corners=False),
            lambda u, g: linearized_sample(u, g, 1e-4, generator=torch.Generator().manual_seed(0)),
        )
    ]
    torch.testing.assert_close(slopes[1], slopes[0], rtol=1e-3, atol=1e-3)


def test_a_wide_spread_feels_a_dot_that_bilinear_reading_does_not():
    """Oracle: by hand: the dot lies to the right, so the slope of the value must point there; bilinear has none."""
    image = torch.zeros(1, 1, 21, 41, dtype=torch.float64)
    image[0, 0, 8:13, 28:33] = 1
    point = torch.zeros(1, 1, 1, 2, dtype=torch.float64, requires_grad=True)  # 8 pixels left of the dot's edge
    (flat,) = torch.autograd.grad(F.grid_sample(image, point, align_corners=False).sum(), point)
    assert (flat == 0).all()
    value = linearized_sample(image, point, 6.0, 400, generator=torch.Generator().manual_seed(0))
    (slope,) = torch.autograd.grad(value.sum(), point)
    x, y = slope.flatten().tolist()
    assert value.item() == 0 and x > 0.1 and abs(y) < 0.3 * x


def test_linearized_sampling_refuses_what_gives_no_plane():
    """Oracle: the message names expected and got; empty batches and half precision go through."""
    image, grid = torch.zeros(1, 1, 4, 4), torch.zeros(1, 2, 2, 2)
    with pytest.raises(ValueError, match="at least 3 samples"):
        linearized_sample(image, grid, samples=2)
    for spread in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="spread of more than 0"):
            linearized_sample(image, grid, spread=spread)
    with pytest.raises(TypeError, match="floating"):
        linearized_sample(image.long(), grid)
    assert linearized_sample(image[:0], grid[:0]).shape == (0, 1, 2, 2)


@pytest.mark.parametrize(("samples", "size"), [(2, (5, 8)), (3, (4, 6))])
@pytest.mark.parametrize("channels", [1, 3])
def test_antialiased_sampling_at_the_identity_is_mean_pooling(samples, size, channels):
    """Oracle: torch's avg_pool2d: the points of an output pixel are the centres of the pixels it covers."""
    image = torch.rand(2, channels, samples * size[0], samples * size[1], dtype=torch.float64)
    grid = base_grid(size, dtype=torch.float64).expand(2, *size, 2)
    assert torch.allclose(antialiased_sample(image, grid, samples), F.avg_pool2d(image, samples))


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("samples", [1, 2, 4])
def test_antialiased_sampling_is_the_mean_of_scipys_samples(align, samples):
    """Oracle: scipy.ndimage.map_coordinates at points computed here, inside each pixel of a rotated, shrunk window."""
    image = torch.rand(1, 1, 17, 23, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theta = torch.tensor([[[0.5, -0.3, 0.05], [0.4, 0.6, -0.1]]], dtype=torch.float64)
    size = (5, 7)
    found = antialiased_sample(
        image, F.affine_grid(theta, (1, 1, *size), align_corners=align), samples, align_corners=align
    )
    slack = 1 if align else 0
    expected, pixels = np.zeros(size), image[0, 0].numpy()
    for row, column in np.ndindex(*size):
        for part in np.ndindex(samples, samples):
            y, x = (at + (k + 0.5) / samples - 0.5 for at, k in zip((row, column), part, strict=True))
            x, y = (((2 * c + 1 - slack) / (side - slack)) - 1 for c, side in ((x, size[1]), (y, size[0])))
            source = theta[0].numpy() @ [x, y, 1]
            x, y = (((c + 1) * (side - slack) - 1 + slack) / 2 for c, side in zip(source, (23, 17), strict=True))
            expected[row, column] += scipy.ndimage.map_coordinates(pixels, [[y], [x]], order=1, mode="grid-constant")[0]
    assert np.allclose(found[0, 0].numpy(), expected / samples**2)


def test_antialiased_sampling_removes_the_false_stripes():
    """Oracle: stripes of period 4, shrunk to a quarter: a mean of 0.5; grid_sample and torch's own hit one phase only."""
    stripes = torch.tensor([1.0, 1.0, 0.0, 0.0]).repeat(8).expand(1, 1, 32, 32)
    grid = base_grid((8, 8))[None] - torch.tensor([1 / 16, 0])  # a pixel to the left
    assert grid_sample(stripes, grid)[0, 0, :, 1:].eq(1).all()
    assert antialiased_sample(stripes, grid, 4)[0, 0, :, 1:].sub(0.5).abs().max() < 1e-6


def test_antialiased_sampling_keeps_of_noise_what_a_mean_keeps():
    """Oracle: white noise of variance 1, 60 to 28 pixels: the variance of a weighted mean, its weights the derivative."""
    noise = torch.randn(400, 1, 60, 60, generator=torch.Generator().manual_seed(0))
    grid = base_grid((28, 28))
    point = torch.zeros(1, 1, 60, 60, requires_grad=True)
    antialiased_sample(point, grid[None], 2)[0, 0, 9, 9].backward()
    kept = antialiased_sample(noise, grid.expand(400, 28, 28, 2), 2)[:, 0, 9, 9].var()
    assert kept == pytest.approx(point.grad.square().sum(), rel=0.25) and kept < 0.25


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_gradients_of_antialiased_sampling(mode):
    """Oracle: finite differences, for image and grid; no point lies on a pixel."""
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(2, 2, 6, 5, dtype=torch.float64, generator=generator, requires_grad=True)
    grid = (1.6 * torch.rand(2, 3, 4, 2, dtype=torch.float64, generator=generator) - 0.8).requires_grad_()
    assert torch.autograd.gradcheck(lambda u, g: antialiased_sample(u, g, 2, mode), (image, grid))


def test_samples_of_volumes_and_of_no_images():
    """Oracle: torch's avg_pool3d and torch's own sampler in space; shapes for a batch of 0."""
    volume = torch.rand(2, 1, 4, 6, 8, dtype=torch.float64)
    theta = torch.eye(3, 4, dtype=torch.float64).expand(2, 3, 4)
    grid = subpixel_grid(F.affine_grid(theta, (2, 1, 2, 3, 4), align_corners=False), 2)
    fine = F.grid_sample(volume, grid, align_corners=False)
    assert torch.allclose(mean_of_samples(fine, 2), F.avg_pool3d(volume, 2))
    assert antialiased_sample(torch.zeros(0, 3, 8, 8), torch.zeros(0, 4, 4, 2)).shape == (0, 3, 4, 4)


def test_impossible_samples_are_refused():
    """Oracle: the messages name expected and got."""
    image, grid = torch.zeros(1, 1, 8, 8), torch.zeros(1, 4, 4, 2)
    for samples in (0, -1, 1.5):
        with pytest.raises(ValueError, match="expected a whole number of at least 1 sample"):
            antialiased_sample(image, grid, samples)
    with pytest.raises(ValueError, match=r"at least two points along each axis, got \(1, 1, 4, 2\)"):
        antialiased_sample(image, grid[:, :1], 2)
    assert antialiased_sample(image, grid[:, :1], 1).shape == (1, 1, 1, 4)
