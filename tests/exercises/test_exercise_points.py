"""The checks of one sample point: every misconception is fed as a learner would write it, and named."""

import math
import random
import time

import pytest
import torch

from stn_lib.exercises import sampling as check

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


BILINEAR_WRONG = [
    (crossed, "weights_crossed"),
    (crossed_one_axis, "weights_crossed"),
    (swapped, "xy_swapped"),
    (swapped_index, "xy_swapped"),
    (truncated, "truncated"),
    (last_lost, "last_row_lost"),
    (last_neighbour_lost, "last_row_lost"),
    (rim_lost, "rim_lost"),
    (clamped, "padding_ignored"),
    (wrapping, "wraps"),
    (unguarded, "wraps"),
    (half_guarded, "wraps"),
    (rounded, "rounded"),
]


@pytest.mark.parametrize("solution", [right_by_neighbours, right_by_tent, right_by_padding])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_bilinear_right_passes(solution, seed):
    assert check.bilinear(solution, seed=seed).passed


@pytest.mark.parametrize(("wrong", "key"), BILINEAR_WRONG)
@pytest.mark.parametrize("seed", [0, 1])
def test_bilinear_names(wrong, key, seed):
    result = check.bilinear(wrong, seed=seed)
    assert (result.status, result.misconception) == ("failed", key)


def test_two_slips_at_once_are_named_by_the_one_inside_the_picture():
    def crossed_and_unguarded(image, x, y):
        x0, y0 = math.floor(x), math.floor(y)
        u, v = x - x0, y - y0
        return (
            u * v * image[y0, x0]
            + (1 - u) * v * image[y0, x0 + 1]
            + u * (1 - v) * image[y0 + 1, x0]
            + (1 - u) * (1 - v) * image[y0 + 1, x0 + 1]
        )

    result = check.bilinear(crossed_and_unguarded)
    assert result.misconception == "weights_crossed"
    assert result.sentence.startswith("Inside the picture: ")
    assert result.case.plain


# bilinear_gradient


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


GRADIENT_WRONG = [
    (gradient_swapped, "order_swapped"),
    (gradient_negative, "sign_flipped"),
    (gradient_y_up, "sign_flipped"),
    (gradient_equation_7, "equation_literal"),
    (gradient_central, "other_side"),
    (gradient_backward, "other_side"),
    (gradient_sum, "sum_not_difference"),
    (gradient_unweighted, "unweighted"),
    (gradient_both_rows, "unweighted"),
    (gradient_own_axis, "weights_crossed"),
    (gradient_crossed, "weights_crossed"),
    (gradient_of_nearest, "zero"),
    (gradient_clamped, "padding_ignored"),
    (gradient_unguarded, "padding_ignored"),
    (gradient_early_exit, "padding_ignored"),
    (gradient_xy, "xy_swapped"),
]


@pytest.mark.parametrize("solution", [gradient_right, gradient_by_differences])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gradient_right_passes(solution, seed):
    assert check.bilinear_gradient(solution, seed=seed).passed


@pytest.mark.parametrize(("wrong", "key"), GRADIENT_WRONG)
@pytest.mark.parametrize("seed", [0, 1])
def test_gradient_names(wrong, key, seed):
    result = check.bilinear_gradient(wrong, seed=seed)
    assert (result.status, result.misconception) == ("failed", key)


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


NEAREST_WRONG = [
    (nearest_half_up, "half_up"),
    (nearest_truncated, "truncated"),
    (nearest_half_truncated, "truncated"),
    (nearest_floored, "floored"),
    (nearest_swapped, "xy_swapped"),
    (nearest_clamped, "padding_ignored"),
    (nearest_unguarded, "wraps"),
    (nearest_last_lost, "last_row_lost"),
    (right_by_tent, "interpolated"),
]


@pytest.mark.parametrize("solution", [nearest_right, nearest_by_torch_round])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nearest_right_passes(solution, seed):
    assert check.nearest(solution, seed=seed).passed


@pytest.mark.parametrize(("wrong", "key"), NEAREST_WRONG)
@pytest.mark.parametrize("seed", [0, 1])
def test_nearest_names(wrong, key, seed):
    result = check.nearest(wrong, seed=seed)
    assert (result.status, result.misconception) == ("failed", key)


# All three


@pytest.mark.parametrize("name", ["bilinear", "nearest"])
def test_random_functions_get_no_name(name):
    for seed in range(5):
        dice = random.Random(seed)
        result = getattr(check, name)(lambda image, x, y, dice=dice: dice.uniform(0, 20))
        assert (result.status, result.misconception) == ("failed", None)


@pytest.mark.parametrize("name", ["bilinear", "nearest", "bilinear_gradient"])
def test_constants_and_halves_get_no_false_name(name):
    pair = name == "bilinear_gradient"
    right = {"bilinear": right_by_neighbours, "nearest": nearest_right, "bilinear_gradient": gradient_right}[name]

    def half(image, x, y):
        answer = right(image, x, y)
        return tuple(part / 2 for part in answer) if pair else answer / 2

    for wrong in (half, lambda image, x, y: (1.0, 1.0) if pair else 1.0):
        result = getattr(check, name)(wrong)
        assert (result.status, result.misconception) == ("failed", None)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("bilinear", unguarded),
        ("bilinear", right_by_tent),
        ("nearest", nearest_last_lost),
        ("bilinear_gradient", gradient_by_differences),
        ("bilinear_gradient", gradient_equation_7),
    ],
)
def test_a_check_takes_less_than_a_second(name, function):
    start = time.perf_counter()
    getattr(check, name)(function)
    assert time.perf_counter() - start < 1


def test_every_misconception_of_the_points_has_a_test():
    from stn_lib.exercises import points

    for exercise, table in (
        (points.BILINEAR, BILINEAR_WRONG),
        (points.GRADIENT, GRADIENT_WRONG),
        (points.NEAREST, NEAREST_WRONG),
    ):
        assert {m.key for m in exercise.misconceptions} == {key for _, key in table}
