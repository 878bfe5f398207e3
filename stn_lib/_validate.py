"""Check inputs: each error says what was expected, what came, and what to do."""

import numbers
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stn_lib._precision import HALF

# torch also has dtypes of eight bits and fewer, for storage: it computes almost nothing with them.
_FLOATS = (*HALF, torch.float32, torch.float64)


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
    """Check that a value is a dense tensor of 16, 32 or 64 bit real numbers."""
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"expected {name} to be a torch.Tensor, got {type(tensor).__name__}: wrap it in torch.as_tensor"
        )
    dense(name, tensor)
    if tensor.dtype not in _FLOATS:
        remedy = "use .real" if tensor.is_complex() else remedy
        wanted = "16 bits or more" if tensor.is_floating_point() else "a floating dtype"
        raise TypeError(f"expected {name} of {wanted}, got {tensor.dtype}: {remedy}")


def dense(name: str, tensor: Tensor) -> None:
    """Check that a tensor is one block of numbers: not sparse, nested or quantised."""
    kinds = (
        (tensor.is_nested, "a nested", ".to_padded_tensor(0.0)"),
        (tensor.is_quantized, "a quantised", ".dequantize()"),
        (tensor.layout != torch.strided, "a sparse", ".to_dense()"),
    )
    for found, kind, remedy in kinds:
        if found:
            raise TypeError(f"expected {name} to be a dense tensor, got {kind} one: use {remedy}")


def finite(name: str, tensor: Tensor) -> None:
    """Check that a tensor has finite numbers."""
    if refuted(lambda: tensor.detach().isfinite().all()):
        raise ValueError(f"expected {name} of finite numbers, got NaN or infinity: look for what computed it")


def as_numbers(name: str, value: Any, like: Tensor | None = None) -> Tensor:
    """Convert a number, a sequence of numbers or an array to a tensor; check that the numbers are real and finite.

    Args:
        like: has the dtype and device of the result; torch's defaults if None. A tensor keeps its own.
    """
    if not isinstance(value, Tensor):
        dtype, device = (torch.get_default_dtype(), None) if like is None else (like.dtype, like.device)
        try:
            parts = value if isinstance(value, (list, tuple)) else (value,)
            if any(isinstance(part, (np.ndarray, np.generic)) and np.iscomplexobj(part) for part in parts):
                raise TypeError("torch would drop the imaginary parts")
            value = torch.as_tensor(value, dtype=dtype, device=device)
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(
                f"expected {name} as a real number, a sequence of real numbers or a tensor, got {value!r}: write it as "
                "torch.tensor(…)"
            ) from error
    floating(name, value)
    finite(name, value)
    return value


def real(name: str, value: Any) -> None:
    """Check that a value is one real number; a tensor may hold it."""
    if isinstance(value, Tensor) and value.ndim == 0 and value.dtype in _FLOATS and value.layout == torch.strided:
        return
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, torch.SymInt, torch.SymFloat)):
        raise TypeError(f"expected {name} as one real number, got {type(value).__name__}: write it as {name}=1.0")


def whole(name: str, value: Any, least: int) -> None:
    """Check that a value is a whole number of at least `least`."""
    if not _is_whole(value) or not value >= least:
        raise ValueError(f"expected {name} as a whole number of {least} or more, got {_short(value)}")


def _short(value: Any) -> str:
    """Format a value for a message; an array or a collection of which only the kind matters, as its type."""
    return repr(value) if value is None or isinstance(value, (numbers.Number, str, tuple)) else type(value).__name__


def one_of(name: str, value: str, known: Sequence[str]) -> None:
    """Check that a value is one of the known names."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"expected {name} to be one of {', '.join(map(repr, known))}, got {_short(value)}")


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
    finite(name, value)


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
    if not _is_whole(count) or count < 1:
        raise ValueError(f"expected a whole number of at least 1 sample along each axis, got {_short(count)}")


def dtype_of(module: nn.Module, value: Tensor) -> None:
    """Check that images have the dtype of a module's weights; autocast converts others itself."""
    weight = [*module.parameters(), value][0]  # torch 2.8 cannot compile `next` with a default
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
