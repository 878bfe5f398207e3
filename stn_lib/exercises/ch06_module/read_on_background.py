"""Check `read_on_background(images, grid, background)`: a bilinear sampler with `background` outside the image.

Convention: as torch's grid_sample with zeros outside, ``align_corners=False``, except that the outside is `background`.

Args: images: float64 (N, 1, H, W); grid: float64 (N, H', W', 2); background: a number.
Returns: The sampled images, float64 (N, 1, H', W').

Example:
    >>> read_on_background(lambda images, grid, b: F.grid_sample(images, grid, align_corners=False)).misconception
    'frame_of_zeros'
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_integer, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        images = random_image(generator, random_size(generator, 3, 5))[None, None] - 3
        grid = 2.6 * torch.rand(1, 2, 4, 2, generator=generator, dtype=torch.float64) - 1.3
        grid[0, 0, 0] = torch.tensor([1.4, 0.1])  # far outside, and at the border
        grid[0, 1, 1, 0] = 1.05
        background = -0.4 - 0.1 * random_integer(generator, 1, 9)
        cases.append(Case({"images": images, "grid": grid.round(decimals=2), "background": round(background, 1)}))
    return cases


def _sample(images: Tensor, grid: Tensor, padding: str = "zeros") -> Tensor:
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=False)


def _with_border(images: Tensor, grid: Tensor, background: float, mode: str = "bilinear") -> Tensor:
    """Sample an image with a border of the background that is wide enough for all points, at scaled coordinates."""
    border = 8
    height, width = images.shape[2:]
    wide = F.pad(images, (border, border, border, border), value=background)
    scale = grid.new_tensor([width / (width + 2 * border), height / (height + 2 * border)])
    return F.grid_sample(wide, grid * scale, mode, align_corners=False)


read_on_background = exercise(
    __name__,
    number="6.5",
    cases=_cases,
    oracle=_with_border,
    oracle_name="torch's sampler on an image with a wide border of the background",
    misconceptions={
        "frame_of_zeros": Misconception(
            "Outside, you use 0, but the background of this image is not 0: V gets a frame that no image has.",
            lambda images, grid, background: _sample(images, grid),
        ),
        "border": Misconception(
            "You continue the outermost pixels. They equal the background only where no foreground touches the border.",
            lambda images, grid, background: _sample(images, grid, "border"),
        ),
        "added_only": Misconception(
            "You add the background everywhere. Subtract it first: then 0 IS the background, and adding it restores everything.",
            lambda images, grid, background: _sample(images, grid) + background,
        ),
        "subtracted_only": Misconception(
            "You subtract the background and do not add it again.",
            lambda images, grid, background: _sample(images - background, grid),
        ),
        "sign": Misconception(
            "You add the background first and subtract it afterwards. Do it the other way round.",
            lambda images, grid, background: _sample(images + background, grid) - background,
        ),
        "nearest": Misconception(
            "You take the nearest pixel. Between pixels the sampler interpolates, also towards the background.",
            lambda images, grid, background: _with_border(images, grid, background, "nearest"),
        ),
        "hard_edge": Misconception(
            "You replace what lies beyond ±1 and leave the rest. But from half a pixel inside the border on, the "
            "sampler already mixes in the outside, as 0.",
            lambda images, grid, background: torch.where(
                (grid.abs() > 1).any(-1)[:, None], background, _sample(images, grid)
            ),
        ),
    },
)
