"""Functions as learners write them in chapter 6: correct, mistaken, and neither."""

import math
from functools import partial

import numpy as np
import torch
from torch.nn import functional as F

from stn_lib import grid, sampling, transforms
from stn_lib.exercises import ch06_module as check
from tests.exercises.answers import Answers, slips


def assembled(images, theta, size, grid_corners=False, corners=False, mode="bilinear", padding="zeros"):
    """With the library's own grid and sampler, which the checks do not use."""
    points = grid.affine_grid(theta, (*images.shape[:2], *size), align_corners=grid_corners)
    return sampling.grid_sample(images, points, mode, padding, align_corners=corners)


def channel_by_channel(images, answer, size):
    """A correct module, written with loops: an image and a channel at a time."""
    rows = []
    for image, six in zip(images, answer, strict=True):
        windows = [assembled(channel[None, None], six.view(1, 2, 3), size)[0, 0] for channel in image]
        rows.append(torch.stack(windows))
    return torch.stack(rows)


def two_rows(answer):
    return answer.view(-1, 2, 3)


IDENTITY = torch.eye(2, 3, dtype=torch.float64)
MODULES = {
    "squashed": lambda images, answer, size: assembled(images, two_rows(torch.tanh(answer)), size),
    "bicubic": lambda images, answer, size: F.grid_sample(
        images,
        F.affine_grid(answer.view(-1, 2, 3), (len(images), 1, *size), align_corners=False),
        "bicubic",
        align_corners=False,
    ),
    "one_channel": (
        lambda images, answer, size: assembled(images[:, 0:1], two_rows(answer), size),
        lambda images, answer, size: torch.stack(
            [assembled(images[:, :1], two_rows(answer), size)[:, 0]] * images.shape[1], 1
        ),
    ),
    "channels_mixed": lambda images, answer, size: assembled(
        images.sum(1, keepdim=True) / images.shape[1], two_rows(answer), size
    ),
    "matrix_transposed": lambda images, answer, size: assembled(
        images, torch.cat([two_rows(answer)[:, :, :2].mT, two_rows(answer)[:, :, 2:]], 2), size
    ),
    "shifts_negated": lambda images, answer, size: assembled(
        images, torch.cat([two_rows(answer)[:, :, :2], -two_rows(answer)[:, :, 2:]], 2), size
    ),
    "rows_exchanged": (
        lambda images, answer, size: assembled(images, two_rows(answer).flip(1), size),
        lambda images, answer, size: sampling.grid_sample(
            images, grid.affine_grid(two_rows(answer), (*images.shape[:2], *size)).roll(1, -1)
        ),
        lambda images, answer, size: assembled(images, two_rows(answer[:, [4, 3, 5, 1, 0, 2]]), size),
    ),
    "grid_clamped": lambda images, answer, size: sampling.grid_sample(
        images, grid.affine_grid(two_rows(answer), (*images.shape[:2], *size)).clip(-1, 1)
    ),
    "nearest": lambda images, answer, size: assembled(images, two_rows(answer), size, mode="nearest"),
    "reshaped_3x2": lambda images, answer, size: assembled(images, answer.view(-1, 3, 2).mT.contiguous(), size),
    "grid_of_input_size": lambda images, answer, size: assembled(images, two_rows(answer), images.shape[-2:]),
    "sizes_exchanged": lambda images, answer, size: assembled(images, two_rows(answer), (size[1], size[0])),
    "corners_mixed": lambda images, answer, size: assembled(images, two_rows(answer), size, corners=True),
    "corners_aligned": lambda images, answer, size: assembled(images, two_rows(answer), size, True, True),
    "identity_added": lambda images, answer, size: assembled(images, two_rows(answer) + IDENTITY, size),
    "inverted": lambda images, answer, size: assembled(images, transforms.invert(two_rows(answer)), size),
    "shifts_last": lambda images, answer, size: assembled(images, two_rows(answer[:, [0, 1, 4, 2, 3, 5]]), size),
    "border": (
        lambda images, answer, size: assembled(images, two_rows(answer), size, padding="border"),
        lambda images, answer, size: assembled(images, two_rows(answer), size, padding="reflection"),
    ),
    "one_theta_for_all": lambda images, answer, size: assembled(images, two_rows(answer)[[0] * len(answer)], size),
    "no_gradient": (
        lambda images, answer, size: assembled(images, two_rows(answer.detach()), size),
        lambda images, answer, size: assembled(images, torch.tensor(answer.tolist()).double().view(-1, 2, 3), size),
        lambda images, answer, size: assembled(images, two_rows(answer), size).numpy(force=True),
    ),
}


def window(raw, slip=None):
    """As a learner writes it, number by number, with at most one slip."""
    a, b, c = raw
    s = 0.5 + 0.5 / (1 + (-a).exp())
    s = {
        "scale_from_zero": 1 / (1 + (-a).exp()),
        "scale_above_one": 0.5 + 1 / (1 + (-a).exp()),
        "scale_below_half": 0.5 / (1 + (-a).exp()),
        "scale_unbounded": 0.5 + a / 2,
        "another_scale": 0.75 + 0.25 * a.tanh(),
        "scale_clamped": min(max(a, 0 * a + 0.5), 0 * a + 1),
        "sign_of_scale_argument": 0.5 + 0.5 / (1 + a.exp()),
        "scale_last": 0.5 + 0.5 / (1 + (-c).exp()),
    }.get(slip, s)
    if slip == "scale_last":
        b, c = a, b
    room = {"room_forgotten": 1, "room_is_s": s, "half_the_room": 0.5 * (1 - s)}.get(slip, 1 - s)
    squash = {
        "one_direction": lambda v: 1 / (1 + (-v).exp()),
        "shift_clamped": lambda v: v.clip(-1, 1),
        "shift_unbounded": lambda v: v,
        "another_squash": lambda v: 2 / (1 + (-v).exp()) - 1,
        "overflow": lambda v: (math.e**v - math.e**-v) / (math.e**v + math.e**-v),
    }.get(slip, torch.tanh)
    x, y = room * squash(b), room * squash(c)
    if slip == "tanh_of_the_product":
        x, y = torch.tanh(room * b), torch.tanh(room * c)
    if slip == "unbounded":
        s, x, y = a, b, c
    if slip == "x_and_y_exchanged":
        x, y = y, x
    if slip == "one_shift_for_both":
        y = x
    theta = torch.zeros(2, 3, dtype=torch.float64)
    theta[0, 0], theta[0, 2], theta[1, 1], theta[1, 2] = s, x, 1 if slip == "one_axis" else s, y
    if slip == "shift_in_the_wrong_column":
        theta = torch.stack([s, x, 0 * s, 0 * s, y, s]).view(2, 3)
    return theta


def plain_window(raw):
    """The correct numbers without their gradient: with the math module."""
    a, b, c = raw.tolist()
    s = 0.5 + 0.5 / (1 + math.exp(-a))
    return [[s, 0, (1 - s) * math.tanh(b)], [0, s, (1 - s) * math.tanh(c)]]


def at(signal, k):
    return signal[k] if 0 <= k < len(signal) else 0.0


def by_hand(moving, fixed, t, slip=None):
    """The chain rule, pixel by pixel."""
    moving, fixed = moving.tolist(), fixed.tolist()
    count = len(moving)
    t = -t if slip == "sampled_backwards" else t
    left = int(t) if slip == "truncated" else math.floor(t)
    share = t - left
    if slip == "weights_crossed":
        share = 1 - share
    if slip == "share_without_floor":
        share = t
    if slip == "table_copied":
        share = 0.25
    if slip == "rounded":
        left, share = round(t), 0
    if slip == "whole_part_lost":
        left = 0

    def of(signal, k):
        if slip == "wraps":
            return signal[k % count]
        if slip == "negative":
            return signal[k] if k < count else 0.0
        return signal[min(max(k, 0), count - 1)] if slip == "border" else at(signal, k)

    terms = []
    for k, goal in enumerate(fixed):
        value = (1 - share) * of(moving, k + left) + share * of(moving, k + left + 1)
        slope = of(moving, k + left + 1) - of(moving, k + left)
        if slip == "slope_of_the_fixed":
            slope = at(fixed, k + left + 1) - at(fixed, k + left)
        if slip == "slope_unmoved":
            slope = at(moving, k + 1) - at(moving, k)
        if slip == "central_difference":
            slope = (at(moving, k + left + 1) - at(moving, k + left - 1)) / 2
        residual = 1 if slip == "residual_forgotten" else value - goal
        if slip == "difference_unmoved":
            residual = moving[k] - goal
        term = 2 * residual * (1 if slip == "slope_forgotten" else slope)
        term = {
            "products_added": residual * slope,
            "loss_returned": residual**2,
        }.get(slip, term)
        terms.append(term)
    total = sum(terms) / (1 if slip in ("sum_for_mean", "products_added") else count)
    return {
        "sign": -total, "two_forgotten": total / 2, "sampled_backwards": -total,
    }.get(slip, total)  # fmt: skip


def without_last(moving, fixed, t):
    share = t % 1
    values = moving[:-1] * (1 - share) + moving[1:] * share
    return (2 * (values - fixed[:-1]) * moving.diff()).mean().item()


def by_autograd(moving, fixed, t):
    shift = torch.tensor(t, dtype=torch.float64, requires_grad=True)
    low = math.floor(t)
    wide = F.pad(moving, (4, 4))
    k = torch.arange(len(moving)) + low + 4
    value = (1 - (shift - low)) * wide[k] + (shift - low) * wide[k + 1]
    (value - fixed).square().mean().backward()
    return shift.grad


def written(numbers, keep_weight=False, add=False):
    """A start as a learner writes it: in place."""

    def start(weight, bias):
        if not keep_weight:
            weight.zero_()
        if numbers is not None:
            bias.copy_(torch.tensor(numbers) + (bias if add else 0))

    return start


def ones_set(weight, bias):
    weight.zero_()
    bias[0] = bias[4] = 1


ONE = [1.0, 0, 0, 0, 1, 0]
STARTS = {
    "ones_at_the_shifts": written([0.0, 0, 1, 0, 0, 1]),
    "weight_kept": (
        written(ONE, keep_weight=True),
        lambda weight, bias: (0.01 * weight, torch.tensor(ONE)),
        lambda weight, bias: (torch.nn.init.normal_(torch.empty_like(weight), 0, 1e-3), IDENTITY.flatten()),
    ),
    "identity_as_weight": (
        lambda weight, bias: (torch.eye(6, weight.shape[1]), 0 * bias),
        lambda weight, bias: (torch.outer(IDENTITY.flatten(), torch.eye(1, weight.shape[1])[0].double()), bias),
    ),
    "ones_elsewhere": (written([1.0, 1, 0, 0, 0, 0]), written([1.0, 0, 1, 0, 1, 0])),
    "bias_kept": written(None),
    "all_zero": lambda weight, bias: (torch.zeros_like(weight), torch.zeros_like(bias)),
    "all_one": written([1.0] * 6),
    "bias_not_cleared": ones_set,
    "shifts_last": written([1.0, 0, 0, 1, 0, 0]),
    "identity_added": written(ONE, add=True),
    "nothing_done": lambda weight, bias: (weight, bias),
}


def on_background(images, points, background, slip=None):
    """With the library's own sampler."""

    def sample(inputs, padding="zeros", points=points, **options):
        return sampling.grid_sample(inputs, points, "bilinear", padding, **options)

    outside = (points.abs() > 1).any(-1).unsqueeze(1)
    inside = sample(torch.ones_like(images))
    return {
        "frame_of_zeros": lambda: sample(images),
        "border": lambda: sample(images, "border"),
        "added_only": lambda: sample(images) + background,
        "subtracted_only": lambda: sample(images - background),
        "sign": lambda: sample(images + background) - background,
        "nearest": lambda: sampling.grid_sample(images - background, points, "nearest") + background,
        "hard_edge": lambda: torch.where(outside, torch.full_like(sample(images), background), sample(images)),
        "mask_twice": lambda: inside * sample(images) + (1 - inside) * background,
        "another_background": lambda: sample(images - images.mean()) + images.mean(),
        "bicubic": lambda: F.grid_sample(images - background, points, mode="bicubic", align_corners=False) + background,
        "weight_of_the_inside": lambda: sample(images) + inside * background,
        "weights_inside": lambda: (sample(images) / inside).nan_to_num(nan=background),
        "hard_mask": lambda: sample(images).masked_fill(inside == 0, background),
        "border_without_rescaling": lambda: sample(F.pad(images, (1, 1, 1, 1), value=background)),
        "corners_aligned": lambda: sample(images - background, align_corners=True) + background,
        "grid_clamped": lambda: sample(images - background, points=points.clip(-1, 1)) + background,
        "axes_exchanged": lambda: sample(images - background, points=points[..., [1, 0]]) + background,
        "no_gradient": lambda: sample(images.detach() - background) + background,
    }.get(slip, lambda: sample(images - background) + background)()


def by_mask(images, points, background):
    inside = F.grid_sample(torch.ones_like(images), points, align_corners=False)
    return F.grid_sample(images, points, align_corners=False) + (1 - inside) * background


def by_frame(images, points, background):
    height, width = images.shape[-2:]
    wide = F.pad(images, (9, 9, 9, 9), value=background)
    scale = torch.tensor([width / (width + 18), height / (height + 18)], dtype=torch.float64)
    return sampling.grid_sample(wide, points * scale)


def reach(offsets, slopes, slip=None):
    """Distance by distance, as a learner writes it."""
    best, count = 0.0, 0
    for distance in (k + 0.5 for k in range(8)):
        right, left = (slopes[offsets == d].item() for d in (distance, -distance))
        if slip == "ascent":
            right, left = -right, -left
        home = [right > 0, left < 0]
        if slip == "any_slope":
            home = [right != 0, left != 0]
        if slip == "flat_counts":
            home = [right >= 0, left <= 0]
        if slip == "one_side":
            home = home[:1]
        if slip == "island":
            best = distance if any(home) else best
        elif all(home):
            best, count = distance, count + 1
        else:
            return {"first_outside": distance, "counted": count, "both_sides_added": 2 * best}.get(slip, best)
    return best


def better_side(offsets, slopes):
    found = []
    for sign in (1, -1):
        k = 0
        while k < 8 and sign * slopes[offsets == sign * (k + 0.5)].item() > 0:
            k += 1
        found.append(max(k - 0.5, 0))
    return max(found)


def same_sign(offsets, slopes):
    """Wants a positive slope on both sides."""
    best = 0.0
    for k in range(8):
        if not (slopes[7 - k] > 0 and slopes[8 + k] > 0):
            return best
        best = k + 0.5
    return best


def smaller_side(offsets, slopes):
    """A correct basin: the first failure on each side."""
    order = offsets.abs().argsort()
    fails = (offsets * slopes <= 0)[order]
    if not fails.any():
        return offsets.abs().max()
    first = offsets.abs()[order][fails][0]
    nearer = offsets.abs()[offsets.abs() < first]
    return nearer.max() if len(nearer) else 0


def windows(images, first, second, size, slip=None):
    padding = "border" if slip == "border" else "zeros"
    size = {"grid_of_input_size": images.shape[2:], "sizes_exchanged": (size[1], size[0])}.get(slip, size)
    corners = (slip == "corners_aligned", slip in ("corners_aligned", "corners_mixed"))
    if slip == "no_gradient":
        first = first.detach()
    if slip == "one_channel":
        images = images[:, 0, None]
    if slip == "one_theta_for_all":
        first, second = (theta[:1].repeat(len(images), 1, 1) for theta in (first, second))
    if slip == "inverted":
        second = transforms.invert(second)
    if slip == "matrix_transposed":
        first, second = (torch.cat([t[..., :2].transpose(1, 2), t[..., 2:]], dim=-1) for t in (first, second))
    if slip == "bicubic":
        return torch.cat([MODULES[slip](images, theta.flatten(1), size) for theta in (first, second)], dim=1)
    one, two = (assembled(images, theta, size, *corners, padding=padding) for theta in (first, second))
    return {
        "one_behind_the_other": lambda: torch.cat([one, assembled(one, second, size)], dim=1),
        "same_theta": lambda: torch.cat([one, one], dim=1),
        "one_window": lambda: one,
        "mixed_by_reshape": lambda: torch.stack([one, two]).reshape(len(images), -1, *size),
        "exchanged": lambda: torch.cat([two, one], dim=1),
        "along_the_batch": lambda: torch.cat([one, two]),
        "side_by_side": lambda: torch.cat([one, two], dim=3),
        "averaged": lambda: (one + two) / 2,
        "interleaved": lambda: torch.stack([one, two], 2).reshape(len(images), -1, *size),
    }.get(slip, lambda: torch.cat([one, two], dim=1))()


def nearest_windows(images, first, second, size):
    shape = (len(images), images.shape[1], *size)
    grids = [F.affine_grid(theta, shape, align_corners=False) for theta in (first, second)]
    return torch.cat([F.grid_sample(images, grid, mode="nearest", align_corners=False) for grid in grids], dim=1)


def filled_windows(images, first, second, size):
    """A correct pair of windows, written into an empty tensor."""
    channels = images.shape[1]
    out = torch.empty(len(images), 2 * channels, *size, dtype=images.dtype)
    for k, theta in enumerate((first, second)):
        points = F.affine_grid(theta, [len(images), channels, *size], align_corners=False)
        out[:, k * channels : (k + 1) * channels] = F.grid_sample(images, points, align_corners=False)
    return out


def shifted_by_numpy(moving, t):
    """V and its slope, by numpy."""
    left = np.arange(len(moving)) + math.floor(t)
    padded = np.pad(moving.numpy(), 20)
    low, high = padded[20 + left], padded[21 + left]
    return low + (t - math.floor(t)) * (high - low), high - low


def by_size(moving, fixed, t, factor=lambda r: 2 * abs(r)):
    value, slope = shifted_by_numpy(moving, t)
    return (factor(value - fixed.numpy()) * slope).mean()


def by_root(moving, fixed, t):
    value, _ = shifted_by_numpy(moving, t)
    return by_hand(moving, fixed, t) / 2 / np.sqrt(np.mean((value - fixed.numpy()) ** 2))


ANSWERS = {
    "spatial_transformer": Answers(
        correct=(lambda images, answer, size: assembled(images, two_rows(answer), size), channel_by_channel),
        mistaken=MODULES,
        unexplained=(lambda images, answer, size: images[..., :1, :1] * 0,),
    ),
    "bounded_window": Answers(
        correct=(window,),
        mistaken=slips(window, check.bounded_window)
        | {"no_gradient": plain_window, "shift_sign": lambda raw: window(raw * raw.new_tensor([1.0, -1, -1]))},
        unexplained=(lambda raw: IDENTITY,),
    ),
    "shift_gradient": Answers(
        correct=(by_hand,),
        mistaken=slips(by_hand, check.shift_gradient)
        | {
            "last_pixel_lost": without_last,
            "wraps": (partial(by_hand, slip="wraps"), partial(by_hand, slip="negative")),
            "ready_made": by_autograd,
            "one_fewer": lambda moving, fixed, t: by_hand(moving, fixed, t) / (1 - 1 / len(fixed)),
            "signals_exchanged": lambda moving, fixed, t: by_hand(fixed, moving, t),
            "residual_without_sign": (by_size, lambda *inputs: by_size(*inputs, factor=np.sign)),
            "root_of_the_loss": by_root,
        },
        unexplained=(lambda moving, fixed, t: 0.0,),
    ),
    "start": Answers(
        correct=(written(ONE), lambda weight, bias: (0 * weight, torch.tensor(ONE).double())),
        mistaken=STARTS,
        unexplained=(lambda weight, bias: (0 * weight, bias.flip(0)),),
    ),
    "sample_on_background": Answers(
        correct=(on_background, by_mask, by_frame),
        mistaken=slips(on_background, check.sample_on_background)
        | {"no_gradient": partial(on_background, slip="no_gradient")},
        unexplained=(lambda images, points, background: images[..., :1, :1] * 0,),
    ),
    "basin": Answers(
        correct=(reach, smaller_side),
        mistaken=slips(reach, check.basin)
        | {
            "larger_side": better_side,
            "always_zero": (same_sign, lambda *a: 0),
            "both_sides_averaged": lambda *a: (better_side(*a) + smaller_side(*a)) / 2,
        },
        unexplained=(lambda offsets, slopes: 8.0,),
    ),
    "two_transformers": Answers(
        correct=(windows, filled_windows),
        mistaken=slips(windows, check.two_transformers)
        | {"no_gradient": partial(windows, slip="no_gradient"), "nearest": nearest_windows},
        unexplained=(lambda images, *rest: images,),
    ),
}
