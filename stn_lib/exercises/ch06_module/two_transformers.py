"""Check `two_transformers(images, first, second, out_size)`: two windows of one image, as channels.

Convention: as exercise 6.1, but theta is given. The channels of the first window come before those of the second. The
gradient must reach the images and both thetas.

Args: images: float64 (N, C, H, W), with one or more channels; first, second: theta, float64 (N, 2, 3); out_size: (H', W').
Returns: Both windows, float64 (N, 2 C, H', W').

Example:
    >>> two_transformers(lambda images, first, second, out_size: images).passed
    False
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        size, out_size = random_size(generator, 3, 5), random_size(generator, 2, 3)
        out_size = (out_size[0], out_size[1] + (out_size == size))
        channels = 1 + k % 2
        images = torch.stack([random_image(generator, size) for _ in range(2 * channels)]).view(2, channels, *size)
        theta = torch.eye(2, 3, dtype=torch.float64) + 0.6 * (
            torch.rand(2, 2, 2, 3, generator=generator, dtype=torch.float64) - 0.5
        )
        first, second = theta.round(decimals=2)
        cases.append(Case({"images": images, "first": first, "second": second, "out_size": out_size}))
    return cases


def _window(images: Tensor, theta: Tensor, out_size: tuple[int, int], grid_corners: bool = False,
            corners: bool = False, padding: str = "zeros", mode: str = "bilinear") -> Tensor:  # fmt: skip
    grid = F.affine_grid(theta, (len(images), 1, *out_size), align_corners=grid_corners)
    return F.grid_sample(images, grid, mode, padding, align_corners=corners)


def _both(images: Tensor, first: Tensor, second: Tensor, out_size: tuple[int, int], **options) -> Tensor:
    return torch.cat([_window(images, theta, out_size, **options) for theta in (first, second)], dim=1)


def _composed(first: Tensor, second: Tensor) -> Tensor:
    """The theta of two transforms, one after the other: first(second(point))."""
    matrix, shift = first[:, :, :2], first[:, :, 2:]
    return torch.cat([matrix @ second[:, :, :2], matrix @ second[:, :, 2:] + shift], dim=2)


def _transposed(theta: Tensor) -> Tensor:
    return torch.cat([theta[:, :, :2].mT, theta[:, :, 2:]], dim=2)


def _inverse(theta: Tensor) -> Tensor:
    matrix = torch.linalg.inv(theta[:, :, :2])
    return torch.cat([matrix, -matrix @ theta[:, :, 2:]], dim=2)


two_transformers = exercise(
    __name__,
    number="6.7",
    cases=_cases,
    oracle=_both,
    oracle_name="torch's affine_grid and grid_sample, twice",
    gradient=("images", "first", "second"),
    misconceptions={
        "one_behind_the_other": Misconception(
            "Your second transformer samples the output of the first. Side by side, both sample U.",
            lambda images, first, second, out_size: torch.cat(
                [_window(images, first, out_size), _window(_window(images, first, out_size), second, out_size)], dim=1
            ),
            lambda images, first, second, out_size: _both(images, first, _composed(first, second), out_size),
            lambda images, first, second, out_size: _both(images, first, _composed(second, first), out_size),
        ),
        "one_channel": Misconception(
            "You sample one channel alone. Images may have several, and all are sampled in both windows.",
            lambda images, first, second, out_size: _both(images[:, :1], first, second, out_size),
        ),
        "interleaved": Misconception(
            "The channels alternate between the windows. All channels of `first` come before those of `second`.",
            lambda images, first, second, out_size: torch.stack(
                [_window(images, theta, out_size) for theta in (first, second)], dim=2
            ).flatten(1, 2),
        ),
        "grid_of_input_size": Misconception(
            "The grids have the size of the INPUT. They need one point for each OUTPUT pixel.",
            lambda images, first, second, out_size: _both(images, first, second, images.shape[2:]),
        ),
        "sizes_exchanged": Misconception(
            "You exchanged height and width of the output: `out_size` is (H, W).",
            lambda images, first, second, out_size: _both(images, first, second, out_size[::-1]),
        ),
        "corners_mixed": Misconception(
            "Grid and sampler use different `align_corners`, so the points are up to half a pixel off. Give both the same.",
            lambda *a: _both(*a, grid_corners=True),
            lambda *a: _both(*a, corners=True),
        ),
        "corners_aligned": Misconception(
            "Grid and sampler agree, but on `align_corners=True`. This book uses False, as torch does by default.",
            lambda *a: _both(*a, grid_corners=True, corners=True),
        ),
        "border": Misconception(
            "Outside, you continue or mirror the image. Here every value outside is 0, which is torch's default.",
            lambda *a: _both(*a, padding="border"),
            lambda *a: _both(*a, padding="reflection"),
        ),
        "same_theta": Misconception(
            "You use one theta for both windows. Each window has its own.",
            lambda images, first, second, out_size: _both(images, first, first, out_size),
            lambda images, first, second, out_size: _both(images, second, second, out_size),
        ),
        "exchanged": Misconception(
            "You exchanged the two windows: the first channel belongs to `first`.",
            lambda images, first, second, out_size: _both(images, second, first, out_size),
        ),
        "along_the_batch": Misconception(
            "You join the windows along the batch, as if they were other images. They are channels of one image: dim=1.",
            lambda images, first, second, out_size: torch.cat([_window(images, t, out_size) for t in (first, second)]),
        ),
        "side_by_side": Misconception(
            "You join the windows along a side, as one larger image. They are channels: dim=1.",
            *(
                lambda images, first, second, out_size, dim=dim: torch.cat(
                    [_window(images, t, out_size) for t in (first, second)], dim
                )
                for dim in (2, 3)
            ),
        ),
        "averaged": Misconception(
            "You mix both windows into one. Keep them apart, as channels: dim=1.",
            lambda images, first, second, out_size: (
                _window(images, first, out_size) + _window(images, second, out_size)
            ),
            lambda images, first, second, out_size: (
                (_window(images, first, out_size) + _window(images, second, out_size)) / 2
            ),
            lambda images, first, second, out_size: _both(images, (first + second) / 2, (first + second) / 2, out_size),
        ),
        "nearest": Misconception(
            "You take the nearest pixel. Interpolate: the nearest pixel has no gradient for theta.",
            lambda *a: _both(*a, mode="nearest"),
        ),
        "one_theta_for_all": Misconception(
            "You sample all images with the theta of one image. Each image has its own.",
            lambda images, first, second, out_size: _both(
                images, *(t[:1].expand_as(t) for t in (first, second)), out_size
            ),
        ),
        "one_window": Misconception(
            "You return one window. Append the channels of the other one: `torch.cat([…, …], dim=1)`.",
            lambda images, first, second, out_size: _window(images, first, out_size),
            lambda images, first, second, out_size: _window(images, second, out_size),
        ),
        "mixed_by_reshape": Misconception(
            "Your `reshape` mixes the images of the batch: it keeps the order of the numbers in memory. Join with `torch.cat`, dim=1.",
            lambda images, first, second, out_size: torch.cat(
                [_window(images, t, out_size) for t in (first, second)]
            ).reshape(len(images), -1, *out_size),
        ),
        "inverted": Misconception(
            "You invert theta. It maps output to input already, so use it as it is.",
            lambda images, first, second, out_size: _both(images, _inverse(first), _inverse(second), out_size),
            lambda images, first, second, out_size: _both(images, first, _inverse(second), out_size),
            lambda images, first, second, out_size: _both(images, _inverse(first), second, out_size),
        ),
        "bicubic": Misconception(
            'You interpolate with `mode="bicubic"`. This book uses "bilinear", as torch does by default.',
            lambda *a: _both(*a, mode="bicubic"),
        ),
        "matrix_transposed": Misconception(
            "You transpose the 2 x 2 part of theta. Its first row belongs to x_s, its second row to y_s.",
            lambda images, first, second, out_size: _both(images, _transposed(first), _transposed(second), out_size),
        ),
    },
)
