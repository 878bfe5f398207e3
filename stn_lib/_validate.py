"""Input validation: each error says what was expected, what came, and what to do."""

import math
from collections.abc import Sequence

from torch import Tensor


def shape_of(tensor: Tensor) -> str:
    """A shape as the messages write it."""
    return f"({', '.join(map(str, tensor.shape))})"


def floating(name: str, tensor: Tensor, remedy: str = "convert it with .float()") -> None:
    """A tensor of a floating dtype."""
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"expected {name} to be a torch.Tensor, got {type(tensor).__name__}: wrap it in torch.as_tensor"
        )
    if not tensor.is_floating_point():
        raise TypeError(f"expected {name} of a floating dtype, got {tensor.dtype}: {remedy}")


def one_of(name: str, value: str, known: Sequence[str]) -> None:
    """A mode by its name."""
    if value not in known:
        raise ValueError(f"expected {name} to be one of {', '.join(map(repr, known))}, got {value!r}")


def theta(value: Tensor, rows: int = 2) -> None:
    """A batch of affine (N, 2, 3) or, with three rows, projective (N, 3, 3) matrices of finite numbers."""
    floating("theta", value)
    if value.ndim != 3 or tuple(value.shape[1:]) != (rows, 3):
        one = tuple(value.shape) == (rows, 3)
        hint = "add a batch dimension with theta[None]" if one else f"one {rows}x3 matrix per image"
        if rows == 2 and tuple(value.shape[-2:]) == (3, 2):
            hint = "did you transpose it? Use theta.transpose(-1, -2)"
        elif value.ndim == 2 and value.shape[1] == 3 * rows:
            hint = f"use theta.view(-1, {rows}, 3)"
        raise ValueError(f"expected theta of shape (N, {rows}, 3), got {shape_of(value)}: {hint}")
    if not bool(value.detach().isfinite().all()):
        raise ValueError(
            "expected theta of finite numbers, got NaN or infinity: lower the learning rate of the localisation "
            "network, or look for a division by zero in front of it"
        )


def points(name: str, value: Tensor, count: str | int = "K") -> None:
    """A batch of points (N, K, 2), or of exactly `count`, of finite numbers."""
    floating(name, value)
    if value.ndim != 3 or value.shape[2] != 2 or count not in ("K", value.shape[1]):
        hint = f"use {name}[None] for one set" if value.ndim == 2 else "the last axis holds (x, y)"
        raise ValueError(f"expected {name} of shape (N, {count}, 2), got {shape_of(value)}: {hint}")
    if not bool(value.detach().isfinite().all()):
        raise ValueError(f"expected {name} of finite numbers, got NaN or infinity")


def image_size(size: Sequence[int]) -> tuple[int, int]:
    """An image's (H, W), both at least 1."""
    if len(size) != 2 or any(int(side) < 1 for side in size):
        raise ValueError(f"expected a size (H, W) of at least (1, 1), got {tuple(size)}")
    return int(size[0]), int(size[1])


def sampling(image: Tensor, grid: Tensor) -> None:
    """A batch of images and a batch of grids that belong together."""
    floating("input", image, "convert it with .float(), and divide pixels by 255")
    floating("grid", grid)
    if image.ndim != 4:
        remedy = "add dimensions with input[None, None]" if image.ndim == 2 else "add a batch with input[None]"
        if image.ndim == 3 and image.shape[-1] in (1, 3, 4):
            remedy = "if it is (H, W, C), use input.permute(2, 0, 1)[None]"
        raise ValueError(f"expected input of shape (N, C, H, W), got {shape_of(image)}: {remedy}")
    if grid.ndim != 4 or grid.shape[-1] != 2:
        hint = "the last axis holds (x, y)"
        if grid.ndim == 4 and grid.shape[1] == 2:
            hint += "; yours seems to come second: use grid.permute(0, 2, 3, 1)"
        raise ValueError(f"expected grid of shape (N, H, W, 2), got {shape_of(grid)}: {hint}")
    if image.shape[0] != grid.shape[0]:
        raise ValueError(
            f"expected input and grid of one batch size, got {image.shape[0]} and {grid.shape[0]}: "
            "use grid.expand(len(input), -1, -1, -1) for one grid on all images"
        )
    if image.dtype != grid.dtype or image.device != grid.device:
        raise ValueError(
            f"expected input and grid of one dtype and device, got {image.dtype} on {image.device} and "
            f"{grid.dtype} on {grid.device}: use grid.to(input)"
        )
    # A sum is one fast pass, and not finite wherever a term is not; only then is it worth looking closer.
    if not math.isfinite(float(grid.detach().sum())) and not bool(grid.detach().isfinite().all()):
        raise ValueError("expected a grid of finite numbers, got NaN or infinity: look for them in theta")
    if 0 in image.shape[1:]:
        raise ValueError(f"expected input with at least one channel and pixel, got {shape_of(image)}")
