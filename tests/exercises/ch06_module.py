"""Functions as learners write them in chapter 6: correct, mistaken, and neither."""

import math

import torch

from stn_lib import grid, sampling, transforms
from stn_lib.exercises import ch06_module as check
from tests.exercises.answers import Answers, slips


def assembled(images, theta, size, grid_corners=False, corners=False):
    """With the library's own grid and sampler, which the checks do not use."""
    points = grid.affine_grid(theta, (*images.shape[:2], *size), align_corners=grid_corners)
    return sampling.grid_sample(images, points, align_corners=corners)


def two_rows(answer):
    return answer.view(-1, 2, 3)


IDENTITY = torch.eye(2, 3, dtype=torch.float64)
MODULES = {
    "reshaped_3x2": lambda images, answer, size: assembled(images, answer.view(-1, 3, 2).mT.contiguous(), size),
    "grid_of_input_size": lambda images, answer, size: assembled(images, two_rows(answer), images.shape[-2:]),
    "sizes_exchanged": lambda images, answer, size: assembled(images, two_rows(answer), (size[1], size[0])),
    "corners_mixed": lambda images, answer, size: assembled(images, two_rows(answer), size, corners=True),
    "corners_aligned": lambda images, answer, size: assembled(images, two_rows(answer), size, True, True),
    "identity_added": lambda images, answer, size: assembled(images, two_rows(answer) + IDENTITY, size),
    "inverted": lambda images, answer, size: assembled(images, transforms.invert(two_rows(answer)), size),
    "shifts_last": lambda images, answer, size: assembled(images, two_rows(answer[:, [0, 1, 4, 2, 3, 5]]), size),
    "border": lambda images, answer, size: sampling.grid_sample(
        images, grid.affine_grid(two_rows(answer), (*images.shape[:2], *size)), "bilinear", "border"
    ),
    "one_theta_for_all": lambda images, answer, size: assembled(images, two_rows(answer)[[0] * len(answer)], size),
}


def logistic(a):
    return 1 / (1 + math.exp(-a))


def window(raw, slip=None):
    """As a learner writes it, with at most one slip."""
    a, b, c = raw.tolist()
    s = 0.5 + 0.5 * logistic(a)
    if slip == "scale_from_zero":
        s = logistic(a)
    if slip == "sign_of_scale_argument":
        s = 0.5 + 0.5 * logistic(-a)
    room = 1 if slip == "room_forgotten" else 1 - s
    squash = {"one_direction": logistic, "shift_clamped": lambda v: max(-1, min(1, v))}.get(slip, math.tanh)
    x, y = room * squash(b), room * squash(c)
    if slip == "unbounded":
        s, x, y = a, b, c
    if slip == "x_and_y_exchanged":
        x, y = y, x
    return torch.tensor([[s, 0, x], [0, s, y]], dtype=torch.float64)


def at(signal, k):
    return signal[k] if 0 <= k < len(signal) else 0.0


def by_hand(moving, fixed, t, slip=None):
    """The chain rule, place by place."""
    moving, fixed = moving.tolist(), fixed.tolist()
    t = -t if slip == "read_backwards" else t
    left, share = math.floor(t), t - math.floor(t)
    if slip == "weights_crossed":
        share = 1 - share
    terms = []
    for k, wanted in enumerate(fixed):
        read = (1 - share) * at(moving, k + left) + share * at(moving, k + left + 1)
        slope = at(moving, k + left + 1) - at(moving, k + left)
        if slip == "slope_of_the_target":
            slope = at(fixed, k + left + 1) - at(fixed, k + left)
        if slip == "slope_unmoved":
            slope = at(moving, k + 1) - at(moving, k)
        residual = 1 if slip == "residual_forgotten" else read - wanted
        terms.append(2 * residual * (1 if slip == "slope_forgotten" else slope))
    total = sum(terms) / (1 if slip == "sum_for_mean" else len(terms))
    return {"sign": -total, "two_forgotten": total / 2, "read_backwards": -total}.get(slip, total)


def written(numbers, keep_weight=False, add=False):
    """A start as a learner writes it: in place."""

    def start(weight, bias):
        if not keep_weight:
            weight.zero_()
        if numbers is not None:
            bias.copy_(torch.tensor(numbers) + (bias if add else 0))

    return start


ONE = [1.0, 0, 0, 0, 1, 0]
STARTS = {
    "weight_kept": written(ONE, keep_weight=True),
    "bias_kept": written(None),
    "all_zero": lambda weight, bias: (torch.zeros_like(weight), torch.zeros_like(bias)),
    "all_one": written([1.0] * 6),
    "shifts_last": written([1.0, 0, 0, 1, 0, 0]),
    "identity_added": written(ONE, add=True),
    "nothing_done": lambda weight, bias: (weight, bias),
}


def on_background(images, points, background, slip=None):
    """With the library's own sampler."""

    def sample(inputs, padding="zeros"):
        return sampling.grid_sample(inputs, points, "bilinear", padding)

    outside = (points.abs() > 1).any(-1).unsqueeze(1)
    return {
        "frame_of_zeros": lambda: sample(images),
        "border": lambda: sample(images, "border"),
        "added_only": lambda: sample(images) + background,
        "subtracted_only": lambda: sample(images - background),
        "sign": lambda: sample(images + background) - background,
        "nearest": lambda: sampling.grid_sample(images - background, points, "nearest") + background,
        "hard_edge": lambda: torch.where(outside, torch.full_like(sample(images), background), sample(images)),
    }.get(slip, lambda: sample(images - background) + background)()


def reach(offsets, slopes, slip=None):
    """Distance by distance, as a learner writes it."""
    best = 0.0
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
            best = distance
        else:
            return distance if slip == "first_outside" else best
    return best


def windows(images, first, second, size, slip=None):
    one, two = (assembled(images, theta, size) for theta in (first, second))
    return {
        "one_behind_the_other": lambda: torch.cat([one, assembled(one, second, size)], dim=1),
        "same_theta": lambda: torch.cat([one, one], dim=1),
        "exchanged": lambda: torch.cat([two, one], dim=1),
        "along_the_batch": lambda: torch.cat([one, two]),
        "side_by_side": lambda: torch.cat([one, two], dim=3),
        "averaged": lambda: (one + two) / 2,
    }.get(slip, lambda: torch.cat([one, two], dim=1))()


ANSWERS = {
    "spatial_transformer": Answers(
        correct=(lambda images, answer, size: assembled(images, two_rows(answer), size),),
        mistaken=MODULES,
        unexplained=(lambda images, answer, size: images[..., :1, :1] * 0,),
    ),
    "bounded_window": Answers(
        correct=(window,), mistaken=slips(window, check.bounded_window), unexplained=(lambda raw: IDENTITY,)
    ),
    "shift_gradient": Answers(
        correct=(by_hand,),
        mistaken=slips(by_hand, check.shift_gradient),
        unexplained=(lambda moving, fixed, t: 0.0,),
    ),
    "start": Answers(
        correct=(written(ONE), lambda weight, bias: (0 * weight, torch.tensor(ONE).double())),
        mistaken=STARTS,
        unexplained=(lambda weight, bias: (0 * weight, bias.flip(0)),),
    ),
    "read_on_background": Answers(
        correct=(on_background,),
        mistaken=slips(on_background, check.read_on_background),
        unexplained=(lambda images, points, background: images[..., :1, :1] * 0,),
    ),
    "basin": Answers(correct=(reach,), mistaken=slips(reach, check.basin), unexplained=(lambda offsets, slopes: 8.0,)),
    "two_transformers": Answers(
        correct=(windows,),
        mistaken=slips(windows, check.two_transformers),
        unexplained=(lambda images, *rest: images,),
    ),
}
