"""Check `spatial_transformer(images, answer, out_size)`: from the localisation network's answer to V.

Convention: as `stn_lib.spatial_transformer.SpatialTransformer`: six numbers row by row, zeros outside,
``align_corners=False``.

Args: images: float64 (N, C, H, W); answer: float64 (N, 6); out_size: (H', W').
Returns: V, float64 (N, C, H', W').

Example:
    >>> spatial_transformer(lambda images, answer, out_size: images).passed
    False

Source: Jaderberg et al. 2015, section 3.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        size, out_size = random_size(generator, 3, 5), random_size(generator, 2, 4)
        out_size = (out_size[0], out_size[1] + (out_size == size))
        images = torch.stack([random_image(generator, size)[None] for _ in range(2)])
        mean = torch.tensor([0.8, 0.0, 0.0, 0.0, 0.8, 0.0], dtype=torch.float64)
        answer = mean + (2 * torch.rand(2, 6, generator=generator, dtype=torch.float64) - 1) * 0.3
        cases.append(Case({"images": images, "answer": answer.round(decimals=2), "out_size": out_size}))
    return cases


def _transform(images: Tensor, answer: Tensor, out_size: tuple[int, int], *, theta: Callable = lambda a: a,
               grid_corners: bool = False, corners: bool = False, size: Callable | None = None,
               padding: str = "zeros") -> Tensor:  # fmt: skip
    """The module; each option is a possible mistake."""
    out_size = size(images, out_size) if size else out_size
    grid = F.affine_grid(theta(answer).reshape(-1, 2, 3), (len(images), 1, *out_size), align_corners=grid_corners)
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=corners)


def _inverted(answer: Tensor) -> Tensor:
    last = torch.tensor([[[0.0, 0.0, 1.0]]], dtype=answer.dtype).expand(len(answer), 1, 3)
    return torch.linalg.inv(torch.cat([answer.view(-1, 2, 3), last], dim=1))[:, :2]


def _like(**options) -> Callable[..., Tensor]:
    return lambda images, answer, out_size: _transform(images, answer, out_size, **options)


spatial_transformer = exercise(
    __name__,
    number="6.1",
    cases=_cases,
    oracle=_transform,
    oracle_name="torch's affine_grid and grid_sample",
    misconceptions={
        "reshaped_3x2": Misconception(
            "The six numbers are two ROWS of three: x_s takes the first three. You split them into three rows of two.",
            _like(theta=lambda a: a.view(-1, 3, 2).transpose(1, 2)),
        ),
        "grid_of_input_size": Misconception(
            "The grid has the size of the INPUT. It has one point for each OUTPUT pixel, so it needs the output's size.",
            _like(size=lambda images, out_size: images.shape[2:]),
        ),
        "sizes_exchanged": Misconception(
            "You exchanged height and width of the output: `out_size` is (H, W).",
            _like(size=lambda images, out_size: out_size[::-1]),
        ),
        "corners_mixed": Misconception(
            "Grid and sampler use different `align_corners`, so the points are up to half a pixel off. Give both the same.",
            _like(grid_corners=True),
            _like(corners=True),
        ),
        "corners_aligned": Misconception(
            "Grid and sampler agree, but on `align_corners=True`. This book uses False, as torch does by default.",
            _like(grid_corners=True, corners=True),
        ),
        "identity_added": Misconception(
            "You add the identity to theta. The bias of the localisation network's last layer already contains it.",
            _like(theta=lambda a: a + a.new_tensor([1.0, 0, 0, 0, 1, 0])),
        ),
        "inverted": Misconception("You invert theta. It already says where to SAMPLE.", _like(theta=_inverted)),
        "shifts_last": Misconception(
            "You take the last two of the six numbers as the shifts. Row by row they are the third and the sixth.",
            _like(theta=lambda a: a[:, [0, 1, 4, 2, 3, 5]]),
        ),
        "border": Misconception(
            "Outside, you continue the outermost pixels. Here the outside is 0, as by default in torch.",
            _like(padding="border"),
        ),
        "one_theta_for_all": Misconception(
            "You sample all images with the theta of the first. Each image has its own row of the answer.",
            _like(theta=lambda a: a[:1].expand(len(a), -1)),
        ),
    },
)
