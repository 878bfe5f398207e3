"""The exercises about keeping a transformer alive: its start, its outside, two of them, and the reach of a gradient.

Convention: theta maps output to input in normalised (x, y), ``align_corners=False``. The oracles are torch's affine_grid
and grid_sample, and a search one step at a time.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_image, draw_integer, draw_size
from stn_lib.exercises.frame import Exercise, Misconception

IDENTITY = torch.tensor([1.0, 0, 0, 0, 1, 0], dtype=torch.float64)


def _draw_layers(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(6):
        shapes = {"weight": (6, 3 + k % 3), "bias": (6,), "features": (2, 3 + k % 3)}
        drawn = {
            name: torch.randint(-9, 10, shape, generator=generator).double() / 10 for name, shape in shapes.items()
        }
        cases.append(Case(drawn))
    return cases


def _answer(weight: Tensor, bias: Tensor, features: Tensor) -> Tensor:
    return F.linear(features, weight, bias)


def _started(weight: Callable[[Tensor], Tensor], bias: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda w, b, features: _answer(weight(w), bias(b), features)


def answering(start: Callable) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """What the layer answers after a learner's `start` has written into its weight and bias, or returned new ones."""

    def answer(weight: Tensor, bias: Tensor, features: Tensor) -> Tensor:
        written = start(weight, bias)
        if isinstance(written, tuple | list) and len(written) == 2:
            weight, bias = written
        return _answer(weight, bias, features)

    return answer


def _keep(value: Tensor) -> Tensor:
    return value


def _filled(numbers: list[float]) -> Callable[[Tensor], Tensor]:
    return lambda value: torch.tensor(numbers, dtype=value.dtype)


START = Exercise(
    "6.4",
    "start",
    _draw_layers,
    _started(torch.zeros_like, lambda b: IDENTITY),
    "the identity, whatever the features are",
    (
        Misconception(
            "weight_kept",
            "The weight is still what chance made it, so theta depends on the picture from the first step on. Set it to 0.",
            (_started(_keep, lambda b: IDENTITY),),
        ),
        Misconception(
            "bias_kept",
            "The bias is still what chance made it. It has to be the identity: 1 0 0 0 1 0.",
            (_started(torch.zeros_like, _keep),),
        ),
        Misconception(
            "all_zero",
            "Your theta is 0: every output pixel reads the one point in the middle of the picture, and theta's gradient says "
            "little. The bias has to be 1 0 0 0 1 0.",
            (_started(torch.zeros_like, torch.zeros_like), _started(_keep, torch.zeros_like)),
        ),
        Misconception(
            "all_one",
            "Your bias is 1 everywhere. The identity is 1 0 0 0 1 0.",
            (_started(torch.zeros_like, torch.ones_like),),
        ),
        Misconception(
            "shifts_last",
            "1 0 0 1 0 0 is the identity column by column, or with the two shifts at the end. torch reads row by row: 1 0 0, "
            "then 0 1 0.",
            (_started(torch.zeros_like, _filled([1.0, 0, 0, 1, 0, 0])),),
        ),
        Misconception(
            "identity_added",
            "You add the identity to the bias that is there. Overwrite it.",
            (_started(torch.zeros_like, lambda b: b + IDENTITY),),
        ),
        Misconception(
            "nothing_done",
            "The layer is as it was. Write into it, `weight.zero_()` and `bias.copy_(…)`, or return both, weight and bias.",
            (_started(_keep, _keep),),
        ),
    ),
)


def _draw_outside(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        images = draw_image(generator, draw_size(generator, 3, 5))[None, None] - 3
        grid = 2.6 * torch.rand(1, 2, 4, 2, generator=generator, dtype=torch.float64) - 1.3
        grid[0, 0, 0] = torch.tensor([1.4, 0.1])  # far outside, and half across the rim
        grid[0, 1, 1, 0] = 1.05
        background = -0.4 - 0.1 * draw_integer(generator, 1, 9)
        cases.append(Case({"images": images, "grid": grid.round(decimals=2), "background": round(background, 1)}))
    return cases


def _read(images: Tensor, grid: Tensor, padding: str = "zeros") -> Tensor:
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=False)


def _outside(images: Tensor, grid: Tensor, background: float, mode: str = "bilinear") -> Tensor:
    """A picture with a rim of the background, wide enough for all points, read with the coordinates made smaller."""
    rim = 8
    height, width = images.shape[2:]
    wide = F.pad(images, (rim, rim, rim, rim), value=background)
    share = grid.new_tensor([width / (width + 2 * rim), height / (height + 2 * rim)])
    return F.grid_sample(wide, grid * share, mode, align_corners=False)


OUTSIDE = Exercise(
    "6.5",
    "read_on_background",
    _draw_outside,
    _outside,
    "torch's sampler on a picture with a wide rim of the background",
    (
        Misconception(
            "frame_of_zeros",
            "Outside reads 0, and this picture's background is not 0: V gets a frame that no picture has.",
            (lambda images, grid, background: _read(images, grid),),
        ),
        Misconception(
            "border",
            "You continue the outermost pixels. That is the background only where no ink touches the rim.",
            (lambda images, grid, background: _read(images, grid, "border"),),
        ),
        Misconception(
            "added_only",
            "You add the background everywhere. Take it away first: then 0 IS the background, and adding it gives all back.",
            (lambda images, grid, background: _read(images, grid) + background,),
        ),
        Misconception(
            "taken_away_only",
            "You take the background away and do not give it back.",
            (lambda images, grid, background: _read(images - background, grid),),
        ),
        Misconception(
            "sign",
            "You add the background first and take it away afterwards. The other way round.",
            (lambda images, grid, background: _read(images + background, grid) - background,),
        ),
        Misconception(
            "nearest",
            "You read the nearest pixel. Between pixels the sampler mixes, the background too.",
            (lambda images, grid, background: _outside(images, grid, background, "nearest"),),
        ),
        Misconception(
            "hard_edge",
            "You replace what lies beyond ±1 and leave the rest. But half a pixel inside the rim the sampler already mixes in "
            "the outside, as 0.",
            (
                lambda images, grid, background: torch.where(
                    (grid.abs() > 1).any(-1)[:, None], background, _read(images, grid)
                ),
            ),
        ),
    ),
)


def _draw_slopes(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        end = draw_integer(generator, 1, 3) + 0.5
        offsets = torch.tensor([d + 0.5 for d in range(-8, 8)], dtype=torch.float64)
        slopes = (0.1 + torch.rand(16, generator=generator, dtype=torch.float64)) * offsets.sign()
        # The basin ends on one side, by a slope that leads away or by none at all; the other comes two further out. In
        # between and beyond lie islands of right slopes.
        side = (-1) ** (k // 2)
        away, flat = (end + 1, end + 3) if k % 2 else (end + 3, end + 1)
        slopes[offsets == side * away] *= -1
        slopes[offsets == side * flat] = 0
        cases.append(Case({"offsets": offsets, "slopes": slopes.round(decimals=2)}))
    return cases


def _basin(
    offsets: Tensor, slopes: Tensor, *, pulled=lambda offset, slope: offset * slope > 0, sides=(-1, 1)
) -> Tensor:
    reach = 0.0
    for distance in sorted(set(offsets.abs().tolist())):
        here = [pulled(o, s) for o, s in zip(offsets.tolist(), slopes.tolist(), strict=True)
                if abs(o) == distance and (o > 0) - (o < 0) in sides]  # fmt: skip
        if not all(here):
            break
        reach = distance
    return torch.tensor(reach, dtype=torch.float64)


def _farthest(offsets: Tensor, slopes: Tensor) -> Tensor:
    return offsets[offsets * slopes > 0].abs().max()


BASIN = Exercise(
    "6.6",
    "basin",
    _draw_slopes,
    _basin,
    "a walk outwards, one distance at a time",
    (
        Misconception(
            "any_slope",
            "You ask whether there is a gradient, not where it points. A slope of the wrong sign leads away.",
            (lambda offsets, slopes: _basin(offsets, slopes, pulled=lambda o, s: s != 0),),
        ),
        Misconception(
            "ascent",
            "You follow the slope upwards. Descent goes AGAINST it: right of the goal a positive slope leads back.",
            (lambda offsets, slopes: _basin(offsets, slopes, pulled=lambda o, s: o * s < 0),),
        ),
        Misconception(
            "island",
            "You take the farthest start with a slope of the right sign. Before it lies one that stops descent: the basin ends "
            "at the FIRST that fails.",
            (_farthest,),
        ),
        Misconception(
            "one_side",
            "You look to one side of the goal. The basin has to hold on both.",
            (
                lambda offsets, slopes: _basin(offsets, slopes, sides=(1,)),
                lambda offsets, slopes: _basin(offsets, slopes, sides=(-1,)),
            ),
        ),
        Misconception(
            "flat_counts",
            "You count a slope of exactly 0 as a pull. Descent stands still there.",
            (lambda offsets, slopes: _basin(offsets, slopes, pulled=lambda o, s: o * s >= 0),),
        ),
        Misconception(
            "first_outside",
            "That is the first distance from which it does NOT come home. The last one before it is asked for.",
            (lambda offsets, slopes: _basin(offsets, slopes) + 1,),
        ),
    ),
)


def _draw_pairs(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        size, out_size = draw_size(generator, 3, 5), draw_size(generator, 2, 3)
        images = torch.stack([draw_image(generator, size)[None] for _ in range(2)])
        theta = IDENTITY.view(2, 3) + 0.6 * (torch.rand(2, 2, 2, 3, generator=generator, dtype=torch.float64) - 0.5)
        first, second = theta.round(decimals=2)
        cases.append(Case({"images": images, "first": first, "second": second, "out_size": out_size}))
    return cases


def _at(images: Tensor, theta: Tensor, out_size: tuple[int, int]) -> Tensor:
    return _read(images, F.affine_grid(theta, (len(images), 1, *out_size), align_corners=False))


def _both(images: Tensor, first: Tensor, second: Tensor, out_size: tuple[int, int]) -> Tensor:
    return torch.cat([_at(images, first, out_size), _at(images, second, out_size)], dim=1)


TWO = Exercise(
    "6.7",
    "two_transformers",
    _draw_pairs,
    _both,
    "torch's affine_grid and grid_sample, twice",
    (
        Misconception(
            "one_behind_the_other",
            "Your second transformer reads what the first has made. Side by side, both read U.",
            (
                lambda images, first, second, out_size: torch.cat(
                    [_at(images, first, out_size), _at(_at(images, first, out_size), second, out_size)], dim=1
                ),
            ),
        ),
        Misconception(
            "same_theta",
            "Both windows are read at one theta.",
            (
                lambda images, first, second, out_size: _both(images, first, first, out_size),
                lambda images, first, second, out_size: _both(images, second, second, out_size),
            ),
        ),
        Misconception(
            "exchanged",
            "The two windows have changed places: the first channel belongs to the first.",
            (lambda images, first, second, out_size: _both(images, second, first, out_size),),
        ),
        Misconception(
            "along_the_batch",
            "You join them along the batch, as if they were other pictures. They are further channels of the same picture.",
            (lambda images, first, second, out_size: torch.cat([_at(images, t, out_size) for t in (first, second)]),),
        ),
        Misconception(
            "side_by_side",
            "You join them along the width, as one wide picture. Stack them as channels, dim=1.",
            (
                lambda images, first, second, out_size: torch.cat(
                    [_at(images, t, out_size) for t in (first, second)], 3
                ),
            ),
        ),
        Misconception(
            "averaged",
            "You mix the two pictures into one. What each has seen must stay apart: as two channels.",
            (
                lambda images, first, second, out_size: _at(images, first, out_size) + _at(images, second, out_size),
                lambda images, first, second, out_size: (
                    (_at(images, first, out_size) + _at(images, second, out_size)) / 2
                ),
            ),
        ),
    ),
)
