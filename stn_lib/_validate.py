"""Check inputs: each error says what was expected, what came, and what to do."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib._precision import HALF


def shape_of(tensor: Tensor) -> str:
    """Format a shape for a message."""
    return f"({', '.join(map(str, tensor.shape))})"


def holds(condition: Callable[[], Tensor]) -> bool | None:
    """Whether a condition on the values of tensors is true; None where values are not available.

    They are not while torch exports, compiles, traces or captures a graph, in ``torch.func.vmap``, and for tensors of the
    meta device. There torch's own functions check no values either.
    """
    capturing = torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing()
    if torch.compiler.is_compiling() or torch.jit.is_tracing() or capturing:
        return None
    try:
        return bool(condition())
    except RuntimeError:  # vmap: a tensor with a hidden dimension is not one truth value
        return None


def refuted(condition: Callable[[], Tensor]) -> bool:
    """Whether a condition on the values of tensors is known to be false."""
    return holds(condition) is False


def floating(name: str, tensor: Tensor, remedy: str = "convert it with .float()") -> None:
    """Check that a value is a tensor of a floating dtype."""
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"expected {name} to be a torch.Tensor, got {type(tensor).__name__}: wrap it in torch.as_tensor"
        )
    if not tensor.is_floating_point():
        raise TypeError(f"expected {name} of a floating dtype, got {tensor.dtype}: {remedy}")


def one_of(name: str, value: str, known: Sequence[str]) -> None:
    """Check that a value is one of the known names."""
    if value not in known:
        raise ValueError(f"expected {name} to be one of {', '.join(map(repr, known))}, got {value!r}")


def theta(value: Tensor, rows: int = 2, columns: int = 3) -> None:
    """Check a batch of finite matrices: affine (N, 2, 3), projective (N, 3, 3), or affine in 3-D (N, 3, 4)."""
    floating("theta", value)
    if value.ndim != 3 or tuple(value.shape[1:]) != (rows, columns):
        one = tuple(value.shape) == (rows, columns)
        hint = "add a batch dimension with theta[None]" if one else f"one {rows}x{columns} matrix per image"
        if rows == 2 and tuple(value.shape[-2:]) == (3, 2):
            hint = "did you transpose it? Use theta.transpose(-1, -2)"
        elif value.ndim == 2 and value.shape[1] == columns * rows:
            hint = f"use theta.view(-1, {rows}, {columns})"
        raise ValueError(f"expected theta of shape (N, {rows}, {columns}), got {shape_of(value)}: {hint}")
    finite_theta(value)


def finite_theta(value: Tensor) -> None:
    """Check that theta has finite numbers."""
    if refuted(lambda: value.detach().isfinite().all()):
        raise ValueError(
            "expected theta of finite numbers, got NaN or infinity: lower the learning rate of the localisation "
            "network, or look for a division by zero in front of it"
        )


def points(name: str, value: Tensor, count: str | int = "K", dimensions: int = 2) -> None:
    """Check a batch of finite points (N, K, 2), in 3-D (N, K, 3), with exactly `count` points if that is a number."""
    floating(name, value)
    if value.ndim != 3 or value.shape[2] != dimensions or count not in ("K", value.shape[1]):
        axis = {2: "(x, y)", 3: "(x, y, z)"}[dimensions]
        hint = f"use {name}[None] for one set" if value.ndim == 2 else f"the last axis holds {axis}"
        raise ValueError(f"expected {name} of shape (N, {count}, {dimensions}), got {shape_of(value)}: {hint}")
    if refuted(lambda: value.detach().isfinite().all()):
        raise ValueError(f"expected {name} of finite numbers, got NaN or infinity")


def image_size(size: Sequence[int]) -> tuple[int, int]:
    """Check an image's size (H, W), both at least 1."""
    return sides(size, "(H, W)")


def sides(size: Sequence[int], names: str) -> tuple[int, ...]:
    """Check a size: one whole number of at least 1 for each of the names, such as "(H, W)"."""
    count = names.count(",") + 1
    if not isinstance(size, Sequence) or isinstance(size, (str, bytes)):
        raise ValueError(f"expected a size {names}, got {size!r}: write {(28,) * count} if all sides are equal")
    if len(size) != count or not all(_is_whole(side) and 1 <= side < 2**31 for side in size):
        raise ValueError(f"expected a size {names} of whole numbers of at least {(1,) * count}, got {tuple(size)}")
    # A size that a graph leaves open stays open: int() would fix it.
    return tuple(side if isinstance(side, (int, torch.SymInt)) else operator.index(side) for side in size)


def _is_whole(value: Any) -> bool:
    if isinstance(value, (int, torch.SymInt)):
        return not isinstance(value, bool)
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def images(value: Tensor, name: str = "images") -> None:
    """Check a batch of images (N, C, H, W)."""
    floating(name, value, "convert it with .float(), and divide pixels by 255")
    if value.ndim != 4:
        remedy = {2: f"add dimensions with {name}[None, None]", 3: f"add a batch with {name}[None]"}.get(
            value.ndim, "one image has three dimensions"
        )
        if value.ndim == 3 and value.shape[-1] in (1, 3, 4):
            remedy = f"if it is (H, W, C), use {name}.permute(2, 0, 1)[None]"
        raise ValueError(f"expected {name} of shape (N, C, H, W), got {shape_of(value)}: {remedy}")


def samples(count: int) -> None:
    """Check the number of samples along each axis of an output pixel."""
    if count < 1 or count != int(count):
        raise ValueError(f"expected a whole number of at least 1 sample along each axis, got {count}")


def dtype_of(module: nn.Module, value: Tensor) -> None:
    """Check that images have the dtype of a module's weights; autocast converts others itself."""
    weight = next(module.parameters(), value)
    if value.dtype != weight.dtype and not torch.is_autocast_enabled(value.device.type):
        raise ValueError(
            f"expected images of {weight.dtype}, as the weights, got {value.dtype}: use images.to({weight.dtype})"
        )


def sampling(image: Tensor, grid: Tensor, dimensions: int = 2) -> None:
    """Check that a batch of images (of volumes, with three dimensions) and a batch of grids fit together."""
    axes, point = {2: ("H, W", "(x, y)"), 3: ("D, H, W", "(x, y, z)")}[dimensions]
    if dimensions == 2:
        images(image, "input")
    else:
        floating("input", image, "convert it with .float(), and divide voxels by 255")
    floating("grid", grid)
    if image.ndim != dimensions + 2:
        raise ValueError(f"expected input of shape (N, C, {axes}), got {shape_of(image)}: add a batch with input[None]")
    if grid.ndim != dimensions + 2 or grid.shape[-1] != dimensions:
        hint = f"the last axis holds {point}"
        if grid.ndim == dimensions + 2 and grid.shape[1] == dimensions:
            hint += "; yours seems to come second: use grid.movedim(1, -1)"
        raise ValueError(f"expected grid of shape (N, {axes}, {dimensions}), got {shape_of(grid)}: {hint}")
    if image.shape[0] != grid.shape[0]:
        raise ValueError(
            f"expected input and grid of one batch size, got {image.shape[0]} and {grid.shape[0]}: "
            "use grid.expand(len(input), ...) for one grid on all images"
        )
    mixed = image.dtype in HALF and grid.dtype == torch.float32  # images of half precision, points of single precision
    if (image.dtype != grid.dtype and not mixed) or image.device != grid.device:
        raise ValueError(
            f"expected input and grid of one dtype and device, got {image.dtype} on {image.device} and "
            f"{grid.dtype} on {grid.device}: use grid.to(input)"
        )
    if 0 in image.shape[1:]:
        raise ValueError(f"expected input with at least one channel and pixel, got {shape_of(image)}")


def finite_grid(grid: Tensor, size: Sequence[int]) -> None:
    """Check that a grid is finite, and stays finite in pixels of an image of this size."""
    if refuted(lambda: (_farthest([grid]) * max(size)).isfinite()):
        raise _not_finite()


def pixel_coordinates(coordinates: Sequence[Tensor], padding: str) -> None:
    """Check coordinates in pixels: finite, and for reflection so near that float numbers can count the reflections.

    This check comes after the conversion to pixels, which can overflow.
    """
    if refuted(lambda: _farthest(coordinates).isfinite()):
        raise _not_finite()
    # Further out float32 cannot tell a pixel from its neighbour, and torch's count of reflections overflows.
    dtype = coordinates[0].dtype
    most = 2.0**31 if dtype in HALF else min(2.0**31, 0.5 / torch.finfo(dtype).eps)
    if padding == "reflection" and refuted(lambda: _farthest(coordinates) < most):
        raise ValueError(
            f"expected points within {most:.0f} pixels for reflection, got one further out: look for it in theta"
        )


def _farthest(coordinates: Sequence[Tensor]) -> Tensor:
    """The largest absolute value; NaN if any number is NaN, 0 for no numbers."""
    ends = [end for c in coordinates if c.numel() for end in torch.aminmax(c.detach())]
    return torch.stack(ends).abs().max() if ends else torch.zeros(())


def _not_finite() -> ValueError:
    return ValueError(
        "expected a grid of finite numbers, got NaN or infinity: look for them in theta, or for numbers so large "
        "that they overflow in pixels"
    )
