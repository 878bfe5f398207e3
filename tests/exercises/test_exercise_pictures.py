"""The checks of whole pictures: every misconception is fed as a learner would write it, and named."""

import math
import time

import pytest
import torch

from stn_lib.exercises import pictures
from stn_lib.exercises import sampling as check


def read(image, x, y):
    """The learner's own bilinear sampler."""
    H, W = image.shape
    x0, y0 = math.floor(x), math.floor(y)
    value = 0.0
    for i in (y0, y0 + 1):
        for j in (x0, x0 + 1):
            if 0 <= i < H and 0 <= j < W:
                value += float(image[i, j]) * (1 - abs(x - j)) * (1 - abs(y - i))
    return value


def to_normalized(k, size, corners):
    return -1 + 2 * k / (size - 1) if corners else -1 + (2 * k + 1) / size


def to_pixel(t, size, corners):
    return (t + 1) / 2 * (size - 1) if corners else (t + 1) / 2 * size - 0.5


def warp_with(
    image,
    theta,
    out_size,
    align_corners=False,
    sample=read,
    order="right",
    grid_corners=None,
    sample_corners=None,
    border=None,
):
    """A warp in loops, with what a learner could get wrong as options."""
    (a, b, c), (d, e, f) = theta.tolist()
    H, W = image.shape
    h, w = out_size
    first = align_corners if grid_corners is None else grid_corners
    second = align_corners if sample_corners is None else sample_corners
    out = torch.zeros(h, w, dtype=image.dtype)
    for i in range(h):
        for j in range(w):
            x, y = to_normalized(j, w, first), to_normalized(i, h, first)
            if order == "base":
                x, y = y, x
            xs, ys = a * x + b * y + c, d * x + e * y + f
            if order == "source":
                xs, ys = ys, xs
            size_x, size_y = (w, h) if border == "output size" else (W, H)
            px, py = to_pixel(xs, size_x, second), to_pixel(ys, size_y, second)
            if order == "index":
                px, py = py, px
            out[i, j] = sample(image, px, py)
    return out


def vectorised(image, theta, out_size, align_corners=False):
    grid = torch.nn.functional.affine_grid(theta.unsqueeze(0), (1, 1, *out_size), align_corners=align_corners)
    return torch.nn.functional.grid_sample(image[None, None], grid, align_corners=align_corners).squeeze()


def variant(**options):
    return lambda image, theta, out_size, align_corners=False: warp_with(
        image, theta, out_size, align_corners, **options
    )


def input_sized(image, theta, out_size, align_corners=False):
    return warp_with(image, theta, image.shape, align_corners)


def inverted(image, theta, out_size, align_corners=False):
    linear = torch.linalg.inv(theta[:, :2])
    theta = torch.cat([linear, -linear @ theta[:, 2:]], dim=1)
    return warp_with(image, theta, out_size, align_corners)


def pushed(image, theta, out_size, align_corners=False):
    (a, b, c), (d, e, f) = theta.tolist()
    H, W = image.shape
    h, w = out_size
    out = torch.zeros(h, w, dtype=image.dtype)
    for i in range(H):
        for j in range(W):
            x, y = to_normalized(j, W, align_corners), to_normalized(i, H, align_corners)
            column = round(to_pixel(a * x + b * y + c, w, align_corners))
            row = round(to_pixel(d * x + e * y + f, h, align_corners))
            if 0 <= row < h and 0 <= column < w:
                out[row, column] = image[i, j]
    return out


def last_lost(image, x, y):
    H, W = image.shape
    if x < 0 or y < 0 or x >= W - 1 or y >= H - 1:
        return 0.0
    return read(image, x, y)


def last_neighbour_lost(image, x, y):
    H, W = image.shape
    return read(torch.nn.functional.pad(image[: H - 1, : W - 1], (0, 1, 0, 1)), x, y)


def rim_lost(image, x, y):
    H, W = image.shape
    return read(image, x, y) if 0 <= x <= W - 1 and 0 <= y <= H - 1 else 0.0


def clamped(image, x, y):
    H, W = image.shape
    return read(image, min(max(x, 0), W - 1), min(max(y, 0), H - 1))


def textbook_order(image, theta, out_size, align_corners=False):
    a, b, c, d, e, f = theta.reshape(-1).tolist()
    return warp_with(image, torch.tensor([[a, b, e], [c, d, f]]).double(), out_size, align_corners)


def columns_first(image, theta, out_size, align_corners=False):
    return warp_with(image, theta.reshape(3, 2).T, out_size, align_corners)


def in_pixels(image, theta, out_size, align_corners=False):
    out = torch.zeros(out_size, dtype=image.dtype)
    for i in range(out_size[0]):
        for j in range(out_size[1]):
            x, y = theta @ torch.tensor([j, i, 1.0], dtype=torch.float64)
            out[i, j] = read(image, x.item(), y.item())
    return out


def nearest(image, x, y):
    H, W = image.shape
    i, j = round(y), round(x)
    return image[i, j] if 0 <= i < H and 0 <= j < W else 0.0


WARP_WRONG = [
    (input_sized, "output_size_ignored"),
    (variant(order="source"), "grid_yx"),
    (variant(order="base"), "grid_yx"),
    (variant(order="index"), "grid_yx"),
    (inverted, "forward"),
    (pushed, "forward"),
    (variant(grid_corners=False, sample_corners=False), "align_corners"),
    (variant(grid_corners=True, sample_corners=True), "align_corners"),
    (variant(grid_corners=True), "align_corners"),
    (variant(sample_corners=False), "align_corners"),
    (variant(sample_corners=True), "align_corners"),
    (variant(sample=last_lost), "last_row_lost"),
    (variant(sample=last_neighbour_lost), "last_row_lost"),
    (variant(sample=rim_lost), "rim_lost"),
    (textbook_order, "theta_order"),
    (columns_first, "theta_order"),
    (variant(border="output size"), "sizes_mixed"),
    (in_pixels, "theta_in_pixels"),
    (variant(sample=clamped), "padding_ignored"),
    (variant(sample=nearest), "rounded"),
]


@pytest.mark.parametrize("solution", [warp_with, vectorised])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_warp_right_passes(solution, seed):
    assert check.warp(solution, seed=seed).passed


@pytest.mark.parametrize(("wrong", "key"), WARP_WRONG)
@pytest.mark.parametrize("seed", [0, 1])
def test_warp_names(wrong, key, seed):
    result = check.warp(wrong, seed=seed)
    assert (result.status, result.misconception) == ("failed", key)


# shrink


def shrink_loops(image, factor):
    H, W = image.shape
    out = torch.empty(H // factor, W // factor, dtype=image.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = image[i * factor : (i + 1) * factor, j * factor : (j + 1) * factor].mean()
    return out


def shrink_area(image, factor):
    return torch.nn.functional.interpolate(image[None, None], scale_factor=1 / factor, mode="area")[0, 0]


def strided(image, factor):
    H, W = image.shape
    return torch.stack([torch.stack([image[i, j] for j in range(0, W, factor)]) for i in range(0, H, factor)])


def strided_centre(image, factor):
    H, W = image.shape
    rows, columns = range(factor // 2, H, factor), range(factor // 2, W, factor)
    return torch.tensor([[image[i, j].item() for j in columns] for i in rows], dtype=torch.float64)


def bilinear_shrink(image, factor):
    H, W = image.shape
    out = torch.empty(H // factor, W // factor, dtype=image.dtype)
    for i in range(H // factor):
        for j in range(W // factor):
            out[i, j] = read(image, (j + 0.5) * factor - 0.5, (i + 0.5) * factor - 0.5)
    return out


def maximum(image, factor):
    return torch.nn.functional.max_pool2d(image[None, None], factor)[0, 0]


def summed(image, factor):
    return torch.nn.functional.avg_pool2d(image[None, None], factor, divisor_override=1)[0, 0]


def rows_only(image, factor):
    H, _ = image.shape
    return torch.stack([image[i : i + factor].mean(0) for i in range(0, H, factor)])[:, ::factor]


def rows_only_full_width(image, factor):
    H, _ = image.shape
    return torch.stack([image[i : i + factor].mean(0) for i in range(0, H, factor)])


def columns_only(image, factor):
    return rows_only(image.T, factor).T


SHRINK_WRONG = [
    (strided, "strided"),
    (strided_centre, "strided"),
    (bilinear_shrink, "no_antialias"),
    (maximum, "maximum"),
    (summed, "sum_not_mean"),
    (rows_only, "one_axis"),
    (rows_only_full_width, "one_axis"),
    (columns_only, "one_axis"),
]


@pytest.mark.parametrize("solution", [shrink_loops, shrink_area])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_shrink_right_passes(solution, seed):
    assert check.shrink(solution, seed=seed).passed


@pytest.mark.parametrize(("wrong", "key"), SHRINK_WRONG)
@pytest.mark.parametrize("seed", [0, 1])
def test_shrink_names(wrong, key, seed):
    result = check.shrink(wrong, seed=seed)
    assert (result.status, result.misconception) == ("failed", key)


def test_transposed_answers_are_told_so():
    warped = check.warp(
        lambda image, theta, out_size, align_corners=False: warp_with(image, theta, out_size, align_corners).T
    )
    shrunk = check.shrink(lambda image, factor: shrink_loops(image, factor).T)
    for result in (warped, shrunk):
        assert not result.passed
        assert "Height and width are exchanged" in repr(result)


def test_noise_gets_no_name():
    for seed in range(4):
        noise = torch.Generator().manual_seed(seed)
        warped = check.warp(
            lambda image, theta, out_size, align_corners=False, noise=noise: torch.rand(
                out_size, generator=noise, dtype=torch.float64
            )
        )
        shrunk = check.shrink(
            lambda image, factor, noise=noise: torch.rand(
                image.shape[0] // factor, image.shape[1] // factor, generator=noise, dtype=torch.float64
            )
        )
        assert (warped.status, warped.misconception) == ("failed", None)
        assert (shrunk.status, shrunk.misconception) == ("failed", None)


@pytest.mark.parametrize("function", [warp_with, in_pixels, variant(sample=nearest)])
def test_the_check_of_a_warp_takes_less_than_a_second(function):
    start = time.perf_counter()
    check.warp(function)
    assert time.perf_counter() - start < 1


def test_every_misconception_of_the_pictures_has_a_test():
    warp_keys = {m.key for m in pictures.WARP.misconceptions}
    assert warp_keys == {key for _, key in WARP_WRONG}
    assert {m.key for m in pictures.SHRINK.misconceptions} == {key for _, key in SHRINK_WRONG}
