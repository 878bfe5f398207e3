"""Check `spatial_transformer(images, answer, out_size)`: from the output of the localisation network to V.

Convention: as `stn_lib.spatial_transformer.SpatialTransformer`: six numbers row by row, zeros outside,
``align_corners=False``. The gradient must reach the images and the six numbers.

Args: images: float64 (N, C, H, W), with one or more channels; answer: float64 (N, 6); out_size: (H', W').
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
    for k in range(9):
        size, out_size = random_size(generator, 3, 5), random_size(generator, 2, 4)
        out_size = (out_size[0], out_size[1] + (out_size == size))
        channels = 1 + k % 3
        images = torch.stack([random_image(generator, size) for _ in range(2 * channels)]).view(2, channels, *size)
        mean = torch.tensor([0.8, 0.0, 0.0, 0.0, 0.8, 0.0], dtype=torch.float64)
        spread = torch.tensor([0.3, 0.3, 0.7, 0.3, 0.3, 0.7], dtype=torch.float64)  # some points lie outside
        answer = mean + (2 * torch.rand(2, 6, generator=generator, dtype=torch.float64) - 1) * spread
        cases.append(Case({"images": images, "answer": answer.round(decimals=2), "out_size": out_size}))
    return cases


def _transform(images: Tensor, answer: Tensor, out_size: tuple[int, int], *, theta: Callable = lambda a: a,
               grid_corners: bool = False, corners: bool = False, size: Callable | None = None,
               padding: str = "zeros", mode: str = "bilinear", image: Callable = lambda u: u, bound: float = 9.0) -> Tensor:  # fmt: skip
    """The module; each option is a possible mistake."""
    out_size = size(images, out_size) if size else out_size
    grid = F.affine_grid(theta(answer).reshape(-1, 2, 3), (len(images), 1, *out_size), align_corners=grid_corners)
    return F.grid_sample(image(images), grid.clamp(-bound, bound), mode, padding, align_corners=corners)


def _all_channels(images: Tensor, channel: Tensor) -> Tensor:
    return channel.expand(-1, images.shape[1], -1, -1)


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
    gradient=("images", "answer"),
    misconceptions={
        "one_channel": Misconception(
            "You sample one channel alone. Images may have several channels, and all are sampled at the same points.",
            _like(image=lambda u: u[:, :1]),
            _like(image=lambda u: u[:, -1:]),
            _like(image=lambda u: _all_channels(u, u[:, :1])),
        ),
        "channels_mixed": Misconception(
            "You mix the channels. Each channel of U becomes a channel of V, sampled at the same points.",
            _like(image=lambda u: u.mean(1, keepdim=True)),
            _like(image=lambda u: _all_channels(u, u.mean(1, keepdim=True))),
            _like(image=lambda u: u.sum(1, keepdim=True)),
        ),
        "reshaped_3x2": Misconception(
            "The six numbers are two ROWS of three: x_s takes the first three. You split them into three rows of two.",
            _like(theta=lambda a: a.view(-1, 3, 2).transpose(1, 2)),
        ),
        "rows_exchanged": Misconception(
            "x and y are exchanged: the first three numbers make x_s, the last three y_s, and a grid holds (x, y).",
            _like(theta=lambda a: a[:, [3, 4, 5, 0, 1, 2]]),
            _like(theta=lambda a: a[:, [4, 3, 5, 1, 0, 2]]),
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
            "You add the identity to theta. The bias of the last layer already contains it.",
            _like(theta=lambda a: a + a.new_tensor([1.0, 0, 0, 0, 1, 0])),
        ),
        "inverted": Misconception(
            "You invert theta. It maps output to input already, so use it as it is.", _like(theta=_inverted)
        ),
        "shifts_last": Misconception(
            "You take the last two of the six numbers as the shifts. Row by row they are the third and the sixth.",
            _like(theta=lambda a: a[:, [0, 1, 4, 2, 3, 5]]),
        ),
        "border": Misconception(
            "Outside, you continue or mirror the image. Here every value outside is 0, which is torch's default.",
            _like(padding="border"),
            _like(padding="reflection"),
        ),
        "grid_clamped": Misconception(
            "You clamp the grid to −1 … 1, so all points outside sample the border. Leave it: every value outside is 0.",
            _like(bound=1.0),
        ),
        "nearest": Misconception(
            "You take the nearest pixel. Interpolate: the nearest pixel has no gradient for theta.",
            _like(mode="nearest"),
        ),
        "matrix_transposed": Misconception(
            "You transpose the 2 x 2 part of theta. Its first row belongs to x_s, its second row to y_s.",
            _like(theta=lambda a: a[:, [0, 3, 2, 1, 4, 5]]),
        ),
        "shifts_negated": Misconception(
            "You invert the sign of the shifts. theta maps output to input, so use its numbers as they are.",
            _like(theta=lambda a: a * a.new_tensor([1.0, 1, -1, 1, 1, -1])),
        ),
        "one_theta_for_all": Misconception(
            "You sample all images with one theta, such as the first or the mean. Each image has its own row of the answer.",
            _like(theta=lambda a: a.mean(0, keepdim=True).expand(len(a), -1)),
            _like(theta=lambda a: a[:1].expand(len(a), -1)),
        ),
        "bicubic": Misconception(
            'You interpolate with `mode="bicubic"`. This book uses "bilinear", as torch does by default.',
            _like(mode="bicubic"),
        ),
        "squashed": Misconception(
            "You squash the six numbers, with tanh or a sigmoid. They are theta itself.",
            _like(theta=torch.tanh),
            _like(theta=torch.sigmoid),
        ),
    },
)
