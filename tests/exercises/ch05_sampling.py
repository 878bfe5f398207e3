"""Functions as learners write them in chapter 5: correct, mistaken, and neither."""

import math
import random

import numpy as np
import torch

from stn_lib.sampling import grid_sample
from tests.exercises.answers import Answers

# bilinear: right, in three styles.


def right_by_neighbours(image, x, y):
    H, W = image.shape
    x0, y0 = math.floor(x), math.floor(y)
    value = 0.0
    for i in (y0, y0 + 1):
        for j in (x0, x0 + 1):
            if 0 <= i < H and 0 <= j < W:
                value += float(image[i, j]) * (1 - abs(x - j)) * (1 - abs(y - i))
    return value


def right_by_tent(image, x, y):
    H, W = image.shape
    wx = (1 - (torch.arange(W, dtype=torch.float64) - x).abs()).clamp(min=0)
    wy = (1 - (torch.arange(H, dtype=torch.float64) - y).abs()).clamp(min=0)
    return wy @ image @ wx


def right_by_padding(image, x, y):
    padded = torch.nn.functional.pad(image, (4, 4, 4, 4))
    x, y = torch.tensor(x + 4), torch.tensor(y + 4)  # float32, as learners will
    x0, y0 = x.floor().long(), y.floor().long()
    u, v = x - x0, y - y0
    top = padded[y0, x0] * (1 - u) + padded[y0, x0 + 1] * u
    low = padded[y0 + 1, x0] * (1 - u) + padded[y0 + 1, x0 + 1] * u
    return (top * (1 - v) + low * v).float()


def get(image, row, column):
    H, W = image.shape
    return image[row, column] if 0 <= row < H and 0 <= column < W else torch.tensor(0.0)


def crossed(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    return (
        get(image, y0, x0) * u * v
        + get(image, y0, x0 + 1) * (1 - u) * v
        + get(image, y0 + 1, x0) * u * (1 - v)
        + get(image, y0 + 1, x0 + 1) * (1 - u) * (1 - v)
    )


def crossed_one_axis(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    top = u * get(image, y0, x0) + (1 - u) * get(image, y0, x0 + 1)
    low = u * get(image, y0 + 1, x0) + (1 - u) * get(image, y0 + 1, x0 + 1)
    return (1 - v) * top + v * low


def swapped(image, x, y):
    W, H = image.shape
    x0, y0 = math.floor(x), math.floor(y)
    total = 0.0
    for i in range(2):
        for j in range(2):
            if 0 <= x0 + j < W and 0 <= y0 + i < H:
                total += image[x0 + j, y0 + i].item() * abs(1 - j - (x - x0)) * abs(1 - i - (y - y0))
    return total


def swapped_index(image, x, y):
    H, W = image.shape
    x0, y0 = math.floor(x), math.floor(y)
    total = 0.0
    for i in (y0, y0 + 1):
        for j in (x0, x0 + 1):
            if 0 <= i < H and 0 <= j < W:
                total += image[j, i] * (1 - abs(x - j)) * (1 - abs(y - i))
    return total


def truncated(image, x, y):
    x0, y0 = int(x), int(y)
    u, v = x - x0, y - y0
    top = get(image, y0, x0) + u * (get(image, y0, x0 + 1) - get(image, y0, x0))
    low = get(image, y0 + 1, x0) + u * (get(image, y0 + 1, x0 + 1) - get(image, y0 + 1, x0))
    return top + v * (low - top)


def last_lost(image, x, y):
    H, W = image.shape
    if x < 0 or y < 0 or x >= W - 1 or y >= H - 1:
        return 0.0
    return right_by_neighbours(image, x, y)


def last_neighbour_lost(image, x, y):
    H, W = image.shape
    inner = torch.zeros_like(image)
    inner[: H - 1, : W - 1] = image[: H - 1, : W - 1]
    return right_by_neighbours(inner, x, y)


def first_lost(image, x, y):
    image = image.clone()
    image[0], image[:, 0] = 0, 0
    return right_by_neighbours(image, x, y)


def over_weights(image, x, y):
    weight = right_by_neighbours(torch.ones_like(image), x, y)
    return right_by_neighbours(image, x, y) / weight if weight > 0 else 0


def rim_lost(image, x, y):
    H, W = image.shape
    if not (0 <= x <= W - 1 and 0 <= y <= H - 1):
        return 0
    return right_by_neighbours(image, x, y)


def clamped(image, x, y):
    H, W = image.shape
    x, y = min(max(x, 0), W - 1), min(max(y, 0), H - 1)
    return right_by_neighbours(image, x, y)


def wrapping(image, x, y):
    H, W = image.shape
    x0, y0 = math.floor(x), math.floor(y)
    total = 0.0
    for i in (y0, y0 + 1):
        for j in (x0, x0 + 1):
            total += image[i % H, j % W] * (1 - abs(x - j)) * (1 - abs(y - i))
    return total


def unguarded(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    return (
        (1 - u) * (1 - v) * image[y0, x0]
        + u * (1 - v) * image[y0, x0 + 1]
        + (1 - u) * v * image[y0 + 1, x0]
        + u * v * image[y0 + 1, x0 + 1]
    )


def half_guarded(image, x, y):
    H, W = image.shape
    x0, y0 = min(math.floor(x), W - 1), min(math.floor(y), H - 1)
    x1, y1 = min(math.floor(x) + 1, W - 1), min(math.floor(y) + 1, H - 1)
    u, v = x - math.floor(x), y - math.floor(y)
    return (
        (1 - u) * (1 - v) * image[y0, x0]
        + u * (1 - v) * image[y0, x1]
        + (1 - u) * v * image[y1, x0]
        + u * v * image[y1, x1]
    )


def rounded(image, x, y):
    return get(image, round(y), round(x))


def from_one(image, x, y):
    """The page counts from 1 by hand; this learner does it in code, too."""
    return right_by_neighbours(image, x - 1, y - 1)


def first_is_one(image, x, y):
    padded = torch.nn.functional.pad(image, (8, 8, 8, 8))
    return right_by_neighbours(padded, x + 9, y + 9)


def bottom_up(image, x, y):
    return right_by_neighbours(image.flip(0), x, y)


def along_x(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    return (1 - (x - x0)) * get(image, y0, x0) + (x - x0) * get(image, y0, x0 + 1)


def along_y(image, x, y):
    y0, x0 = math.floor(y), math.floor(x)
    return (1 - (y - y0)) * get(image, y0, x0) + (y - y0) * get(image, y0 + 1, x0)


def rows_added(image, x, y):
    return along_x(image, x, y) + along_x(image, x, y + 1)


def smooth(image, x, y):
    u, v = x - math.floor(x), y - math.floor(y)
    return right_by_neighbours(image, x - u + 3 * u**2 - 2 * u**3, y - v + 3 * v**2 - 2 * v**3)


def mirrored(image, x, y, mode="reflect"):
    padded = torch.from_numpy(np.pad(image.numpy(), 8, mode=mode))
    return right_by_neighbours(padded, x + 8, y + 8)


def along_y_rounded(image, x, y):
    y0, column = math.floor(y), x0 if (x - (x0 := math.floor(x))) <= 0.5 else x0 + 1
    return (1 - (y - y0)) * get(image, y0, column) + (y - y0) * get(image, y0 + 1, column)


def mean_of_four(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    return sum(get(image, y0 + i, x0 + j) for i in (0, 1) for j in (0, 1)) / 4


def floor_and_ceil(image, x, y):
    x0, x1, y0, y1 = math.floor(x), math.ceil(x), math.floor(y), math.ceil(y)
    top = (x1 - x) * get(image, y0, x0) + (x - x0) * get(image, y0, x1)
    low = (x1 - x) * get(image, y1, x0) + (x - x0) * get(image, y1, x1)
    return (y1 - y) * top + (y - y0) * low


def by_grid_sample(image, x, y, mode="bilinear"):
    height, width = image.shape
    canvas = torch.nn.functional.pad(image, (0, 8 - width, 0, 8 - height))
    grid = torch.tensor([(2 * x + 1) / 8 - 1, (2 * y + 1) / 8 - 1], dtype=torch.float64).view(1, 1, 1, 2)
    return torch.nn.functional.grid_sample(canvas[None, None], grid, mode, align_corners=False).item()


def by_library(image, x, y):
    height, width = image.shape
    grid = torch.tensor([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1]).double().view(1, 1, 1, 2)
    return grid_sample(image[None, None], grid)[0, 0, 0, 0]


# bilinear_gradient


def gradient_autograd(image, x, y):
    point = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    (x0, y0), (u, v) = (math.floor(x), math.floor(y)), point - point.detach().floor()
    upper = (1 - u) * get(image, y0, x0) + u * get(image, y0, x0 + 1)
    lower = (1 - u) * get(image, y0 + 1, x0) + u * get(image, y0 + 1, x0 + 1)
    ((1 - v) * upper + v * lower).backward()
    return point.grad


def gradient_normalised(image, x, y):
    dx, dy = gradient_right(image, x, y)
    return dx * image.shape[1] / 2, dy * image.shape[0] / 2


def gradient_padded(image, x, y):
    """The slice of the padded image is too short far outside, or wraps round."""
    padded = torch.nn.functional.pad(image, (1, 1, 1, 1))
    left, top = math.floor(x), math.floor(y)
    u, v = x - left, y - top
    (a, b), (c, d) = padded[top + 1 : top + 3, left + 1 : left + 3]
    return (1 - v) * (b - a) + v * (d - c), (1 - u) * (c - a) + u * (d - b)


def gradient_from_one(image, x, y):
    return gradient_right(image, x - 1, y - 1)


def gradient_truncated(image, x, y):
    x0, y0 = int(x), int(y)
    u, v = x - x0, y - y0
    a, b, c, d = (get(image, y0 + i, x0 + j) for i in (0, 1) for j in (0, 1))
    return (1 - v) * (b - a) + v * (d - c), (1 - u) * (c - a) + u * (d - b)


def gradient_right(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    a, b = get(image, y0, x0), get(image, y0, x0 + 1)
    c, d = get(image, y0 + 1, x0), get(image, y0 + 1, x0 + 1)
    return (1 - v) * (b - a) + v * (d - c), (1 - u) * (c - a) + u * (d - b)


def gradient_by_differences(image, x, y):
    step = 1e-7
    value = right_by_neighbours(image, x, y)
    return (
        torch.tensor(
            [right_by_neighbours(image, x + step, y) - value, right_by_neighbours(image, x, y + step) - value],
            dtype=torch.float64,
        )
        / step
    )


def gradient_central(image, x, y):
    h = 1e-7
    return (
        (right_by_neighbours(image, x + h, y) - right_by_neighbours(image, x - h, y)) / (2 * h),
        (right_by_neighbours(image, x, y + h) - right_by_neighbours(image, x, y - h)) / (2 * h),
    )


def gradient_backward(image, x, y):
    h = 1e-7
    value = right_by_neighbours(image, x, y)
    return ((value - right_by_neighbours(image, x - h, y)) / h, (value - right_by_neighbours(image, x, y - h)) / h)


def gradient_swapped(image, x, y):
    dx, dy = gradient_right(image, x, y)
    return dy, dx


def gradient_negative(image, x, y):
    dx, dy = gradient_right(image, x, y)
    return -dx, -dy


def gradient_y_up(image, x, y):
    dx, dy = gradient_right(image, x, y)
    return dx, -dy


def gradient_equation_7(image, x, y):
    H, W = image.shape
    m = torch.arange(W, dtype=torch.float64)
    n = torch.arange(H, dtype=torch.float64)
    kx, ky = (1 - (x - m).abs()).clamp(min=0), (1 - (y - n).abs()).clamp(min=0)
    sx = torch.where((m - x).abs() >= 1, 0.0, torch.where(m >= x, 1.0, -1.0)).double()
    sy = torch.where((n - y).abs() >= 1, 0.0, torch.where(n >= y, 1.0, -1.0)).double()
    return ky @ image @ sx, sy @ image @ kx


def gradient_sum(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    left = (1 - v) * get(image, y0, x0) + v * get(image, y0 + 1, x0)
    right = (1 - v) * get(image, y0, x0 + 1) + v * get(image, y0 + 1, x0 + 1)
    top = (1 - u) * get(image, y0, x0) + u * get(image, y0, x0 + 1)
    low = (1 - u) * get(image, y0 + 1, x0) + u * get(image, y0 + 1, x0 + 1)
    return left + right, top + low


def gradient_unweighted(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    return (get(image, y0, x0 + 1) - get(image, y0, x0), get(image, y0 + 1, x0) - get(image, y0, x0))


def gradient_both_rows(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    a, b, c, d = (get(image, y0 + i, x0 + j) for i in range(2) for j in range(2))
    return b - a + d - c, c - a + d - b


def gradient_own_axis(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    a, b, c, d = (get(image, y0 + i, x0 + j) for i in range(2) for j in range(2))
    return (1 - u) * (b - a) + u * (d - c), (1 - v) * (c - a) + v * (d - b)


def gradient_crossed(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    a, b, c, d = (get(image, y0 + i, x0 + j) for i in range(2) for j in range(2))
    return v * (b - a) + (1 - v) * (d - c), u * (c - a) + (1 - u) * (d - b)


def gradient_of_nearest(image, x, y):
    return torch.zeros(2)


def gradient_clamped(image, x, y):
    H, W = image.shape

    def pixel(i, j):
        return image[min(max(i, 0), H - 1), min(max(j, 0), W - 1)]

    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    a, b, c, d = (pixel(y0 + i, x0 + j) for i in range(2) for j in range(2))
    return (1 - v) * (b - a) + v * (d - c), (1 - u) * (c - a) + u * (d - b)


def gradient_unguarded(image, x, y):
    x0, y0 = math.floor(x), math.floor(y)
    u, v = x - x0, y - y0
    a, b, c, d = (image[y0 + i, x0 + j] for i in range(2) for j in range(2))
    return (1 - v) * (b - a) + v * (d - c), (1 - u) * (c - a) + u * (d - b)


def gradient_early_exit(image, x, y):
    H, W = image.shape
    if x < 0 or y < 0 or x > W - 1 or y > H - 1:
        return 0.0, 0.0
    return gradient_right(image, x, y)


def gradient_xy(image, x, y):
    # Columns for rows throughout: the point read is (y, x), and so are its slopes.
    return gradient_right(image, y, x)


# nearest


def nearest_right(image, x, y):
    return get(image, round(y), round(x))


def nearest_by_torch_round(image, x, y):
    point = torch.tensor([y, x], dtype=torch.float64).round().long()
    H, W = image.shape
    inside = 0 <= point[0] < H and 0 <= point[1] < W
    return image[point[0], point[1]] if inside else 0


def nearest_half_up(image, x, y):
    return get(image, math.floor(y + 0.5), math.floor(x + 0.5))


def nearest_truncated(image, x, y):
    return get(image, int(y), int(x))


def nearest_half_truncated(image, x, y):
    return get(image, int(y + 0.5), int(x + 0.5))


def nearest_half_down(image, x, y):
    return get(image, math.ceil(y - 0.5), math.ceil(x - 0.5))


def nearest_ceiled(image, x, y):
    return get(image, math.ceil(y), math.ceil(x))


def nearest_from_one(image, x, y):
    return get(image, round(y) - 1, round(x) - 1)


def nearest_tested_first(image, x, y):
    H, W = image.shape
    if x < 0 or y < 0 or x > W - 1 or y > H - 1:
        return 0.0
    return image[round(y), round(x)]


def nearest_floored(image, x, y):
    return get(image, math.floor(y), math.floor(x))


def nearest_swapped(image, x, y):
    return get(image, round(x), round(y))


def nearest_clamped(image, x, y):
    H, W = image.shape
    return image[min(max(round(y), 0), H - 1), min(max(round(x), 0), W - 1)]


def nearest_unguarded(image, x, y):
    return image[round(y), round(x)]


def nearest_last_lost(image, x, y):
    H, W = image.shape
    i, j = round(y), round(x)
    return image[i, j] if i in range(H - 1) and j in range(W - 1) else 0.0


# warp


def to_normalized(k, size, corners):
    return -1 + 2 * k / (size - 1) if corners else -1 + (2 * k + 1) / size


def to_pixel(t, size, corners):
    return (t + 1) / 2 * (size - 1) if corners else (t + 1) / 2 * size - 0.5


def warp_with(
    image,
    theta,
    out_size,
    align_corners=False,
    sample=right_by_neighbours,
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
            if order == "y up":
                y = -y
            xs, ys = a * x + b * y + c, d * x + e * y + f
            if order == "source":
                xs, ys = ys, xs
            size_x, size_y = {"output size": (w, h), "exchanged": (H, W)}.get(border, (W, H))
            px, py = to_pixel(xs, size_x, second), to_pixel(ys, size_y, second)
            if order == "index":
                px, py = py, px
            out[i, j] = sample(image, px, py)
    return out


def vectorised(image, theta, out_size, align_corners=False):
    grid = torch.nn.functional.affine_grid(theta.unsqueeze(0), (1, 1, *out_size), align_corners=align_corners)
    return torch.nn.functional.grid_sample(image[None, None], grid, align_corners=align_corners).squeeze()


def flattened(image, theta, out_size, align_corners=False):
    """All points at once, as a matrix product; every pixel of the image gets a weight."""
    (H, W), (h, w) = image.shape, out_size
    rows, columns = (
        torch.tensor([to_normalized(k, n, align_corners) for k in range(n)], dtype=torch.float64) for n in (h, w)
    )
    points = torch.cartesian_prod(rows, columns).flip(1)
    xs, ys = theta[:, :2] @ points.T + theta[:, 2:]
    tents = [
        (1 - (to_pixel(t, n, align_corners)[:, None] - torch.arange(n)).abs()).clamp(min=0)
        for t, n in ((xs, W), (ys, H))
    ]
    return torch.einsum("kx,ky,yx->k", *tents, image).reshape(h, w)


def variant(**options):
    return lambda image, theta, out_size, align_corners=False: warp_with(
        image, theta, out_size, align_corners, **options
    )


def without_half(image, theta, out_size, align_corners=False):
    """With False, pixel k is at 2 k / n − 1."""
    if align_corners:
        return warp_with(image, theta, out_size, True)
    out = torch.zeros(out_size, dtype=image.dtype)
    for i in range(out_size[0]):
        for j in range(out_size[1]):
            point = torch.tensor([2 * j / out_size[1] - 1, 2 * i / out_size[0] - 1, 1], dtype=torch.float64)
            x, y = (theta @ point + 1) / 2 * torch.tensor([image.shape[1], image.shape[0]])
            out[i, j] = right_by_neighbours(image, x.item(), y.item())
    return out


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
            out[i, j] = right_by_neighbours(image, x.item(), y.item())
    return out


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
            out[i, j] = right_by_neighbours(image, (j + 0.5) * factor - 0.5, (i + 0.5) * factor - 0.5)
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


def wrong_blocks(image, factor):
    H, W = image.shape
    return image.view(H // factor, W // factor, factor, factor).mean(dim=(2, 3))


def interleaved(image, factor):
    H, W = image.shape
    return image.reshape(factor, H // factor, factor, W // factor).mean(dim=(0, 2))


def along_the_rows(image, factor):
    H, W = image.shape
    return image.flatten().unfold(0, factor**2, factor**2).mean(1).view(H // factor, W // factor)


def middle(image, factor):
    blocks = image.unfold(0, factor, factor).unfold(1, factor, factor)
    return blocks.flatten(2).quantile(0.5, dim=2)


def smallest(image, factor):
    return -torch.nn.functional.max_pool2d(-image[None, None], factor)[0, 0]


def halved(function):
    """Half of a number, or of each of two."""

    def half(image, x, y):
        answer = function(image, x, y)
        return tuple(part / 2 for part in answer) if isinstance(answer, tuple) else answer / 2

    return half


DICE = random.Random(0)


def dice(image, x, y):
    return DICE.uniform(0, 20)


def warp_noise(image, theta, out_size, align_corners=False):
    return torch.rand(out_size, dtype=torch.float64)


def shrink_noise(image, factor):
    return torch.rand(image.shape[0] // factor, image.shape[1] // factor, dtype=torch.float64)


def with_shift(factor):
    def warp(image, theta, out_size, align_corners=False):
        return warp_with(image, torch.cat([theta[:, :2], factor * theta[:, 2:]], 1), out_size, align_corners)

    return warp


ANSWERS = {
    "bilinear": Answers(
        correct=(right_by_neighbours, right_by_tent, right_by_padding),
        mistaken={
            "half_a_pixel": lambda image, x, y: right_by_neighbours(image, x - 1 / 2, y - 1 / 2),
            "first_row_lost": first_lost,
            "weights_inside": over_weights,
            "smoothstep": smooth,
            "rows_added": rows_added,
            "lines_combined": (
                lambda image, x, y: along_x(image, x, y) * along_y(image, x, y),
                lambda image, x, y: (along_x(image, x, y) + along_y(image, x, y)) / 2,
            ),
            "mirrored": (mirrored, lambda image, x, y: mirrored(image, x, y, "symmetric")),
            "weights_crossed": (crossed, crossed_one_axis),
            "xy_swapped": (swapped, swapped_index),
            "counted_from_one": (from_one, first_is_one),
            "y_upwards": bottom_up,
            "one_axis": (along_x, along_y_rounded),
            "plain_mean": mean_of_four,
            "ceil_on_a_pixel": floor_and_ceil,
            "ready_made": (by_grid_sample, by_library),
            "truncated": truncated,
            "last_row_lost": (last_lost, last_neighbour_lost),
            "rim_lost": rim_lost,
            "padding_ignored": clamped,
            "wraps": (wrapping, unguarded, half_guarded),
            "rounded": (rounded, nearest_ceiled),
        },
        unexplained=(dice, halved(right_by_neighbours), lambda image, x, y: 1.0),
    ),
    "bilinear_gradient": Answers(
        correct=(gradient_right, gradient_by_differences),
        mistaken={
            "coarse_difference": lambda image, x, y: [
                right_by_tent(image, x + 1, y) - right_by_tent(image, x, y),
                right_by_tent(image, x, y + 1) - right_by_tent(image, x, y),
            ],
            "halved": halved(gradient_right),
            "magnitudes": lambda image, x, y: torch.tensor(gradient_right(image, x, y)).abs(),
            "value_returned": lambda image, x, y: (right_by_neighbours(image, x, y), *gradient_right(image, x, y)),
            "order_swapped": gradient_swapped,
            "sign_flipped": (gradient_negative, gradient_y_up),
            "equation_literal": gradient_equation_7,
            "other_side": (gradient_central, gradient_backward),
            "sum_not_difference": gradient_sum,
            "unweighted": (gradient_unweighted, gradient_both_rows),
            "weights_crossed": (gradient_own_axis, gradient_crossed),
            "zero": gradient_of_nearest,
            "per_unit": gradient_normalised,
            "counted_from_one": gradient_from_one,
            "truncated": gradient_truncated,
            "ready_made": gradient_autograd,
            "padding_ignored": (gradient_clamped, gradient_unguarded, gradient_early_exit),
            "xy_swapped": gradient_xy,
        },
        unexplained=(gradient_padded, lambda image, x, y: (1.0, 1.0)),
    ),
    "nearest": Answers(
        correct=(nearest_right, nearest_by_torch_round),
        mistaken={
            "two_rules": lambda image, x, y: get(image, math.floor(y), round(x)),
            "first_row_lost": lambda image, x, y: get(image, round(y), round(x)) if round(x) > 0 < round(y) else 0.0,
            "half_up": nearest_half_up,
            "truncated": nearest_truncated,
            "half_truncated": nearest_half_truncated,
            "half_down": nearest_half_down,
            "floored": (nearest_floored, nearest_ceiled),
            "counted_from_one": nearest_from_one,
            "rim_lost": nearest_tested_first,
            "ready_made": lambda image, x, y: by_grid_sample(image, x, y, "nearest"),
            "xy_swapped": nearest_swapped,
            "padding_ignored": nearest_clamped,
            "wraps": nearest_unguarded,
            "last_row_lost": nearest_last_lost,
            "interpolated": right_by_tent,
        },
        unexplained=(dice, halved(nearest_right), lambda image, x, y: 1.0),
    ),
    "warp": Answers(
        correct=(warp_with, flattened),
        mistaken={
            "theta_ignored": lambda image, theta, out_size, align_corners=False: warp_with(
                image, torch.eye(2, 3), out_size, align_corners
            ),
            "half_pixels_lost": without_half,
            "truncated": variant(sample=truncated),
            "weights_crossed": variant(sample=crossed),
            "plain_mean": variant(sample=mean_of_four),
            "one_axis": (variant(sample=along_x), variant(sample=along_y_rounded)),
            "first_row_lost": variant(sample=first_lost),
            "shift_in_pixels": lambda image, theta, out_size, align_corners=False: warp_with(
                image,
                theta * torch.tensor([[1, 1, 2 / image.shape[1]], [1, 1, 2 / image.shape[0]]]),
                out_size,
                align_corners,
            ),
            "shift_sign": with_shift(-1),
            "shift_scaled": (with_shift(0.5), with_shift(2)),
            "output_transposed": lambda image, theta, out_size, align_corners=False: warp_with(
                image, theta, (out_size[1], out_size[0]), align_corners
            ),
            "counted_from_one": (variant(sample=from_one), variant(sample=first_is_one)),
            "ready_made": vectorised,
            "output_size_ignored": input_sized,
            "grid_yx": (variant(order="source"), variant(order="base"), variant(order="index")),
            "forward": (inverted, pushed),
            "align_corners": (
                variant(grid_corners=False, sample_corners=False),
                variant(grid_corners=True, sample_corners=True),
                variant(grid_corners=True),
                variant(sample_corners=False),
                variant(sample_corners=True),
            ),
            "last_row_lost": (variant(sample=last_lost), variant(sample=last_neighbour_lost)),
            "rim_lost": variant(sample=rim_lost),
            "theta_order": (textbook_order, columns_first),
            "sizes_mixed": variant(border="output size"),
            "sizes_exchanged": variant(border="exchanged"),
            "shift_lost": lambda image, theta, out_size, align_corners=False: warp_with(
                image, torch.cat([theta[:, :2], torch.zeros(2, 1).double()], 1), out_size, align_corners
            ),
            "y_upwards": variant(order="y up"),
            "theta_in_pixels": in_pixels,
            "padding_ignored": variant(sample=clamped),
            "rounded": variant(sample=nearest_right),
        },
        unexplained=(warp_noise,),
    ),
    "shrink": Answers(
        correct=(shrink_loops, shrink_area),
        mistaken={
            "strided": (strided, strided_centre),
            "no_antialias": bilinear_shrink,
            "maximum": maximum,
            "median": middle,
            "other_factor": lambda image, factor: shrink_loops(image, 2),
            "overlapping": lambda image, factor: image.unfold(0, factor, 1).unfold(1, factor, 1).mean((2, 3)),
            "minimum": smallest,
            "reshape_order": (wrong_blocks, interleaved, along_the_rows),
            "sum_not_mean": summed,
            "one_axis": (rows_only, rows_only_full_width, columns_only),
        },
        unexplained=(shrink_noise,),
    ),
}
