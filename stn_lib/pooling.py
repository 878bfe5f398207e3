"""Max pooling in its parts: a dense maximum, an optional blur, then subsampling.

The dense maximum is equivariant under shifts. Subsampling is not, so a shift by one pixel can change every output. A
blur before subsampling reduces the change (`BlurPool2d`). Choosing the subsampling phase by its content removes it for
circular shifts (`PolyphasePool2d`).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stn_lib import _validate

#: Blur kernels by name, as taps that are divided by their sum. Rect-2 is a moving average.
KERNELS = {
    "Rect-2": (1.0, 1.0),
    "Tri-3": (1.0, 2.0, 1.0),
    "Tri-4": (1.0, 3.0, 3.0, 1.0),
    "Bin-5": (1.0, 4.0, 6.0, 4.0, 1.0),
}
PADDINGS = ("reflect", "circular", "zeros")


def dense_max(images: Tensor, size: int = 2, circular: bool = False) -> Tensor:
    """The maximum over every window: max pooling with a stride of 1.

    Convention:
        The window of an output pixel begins there and extends to the right and downwards. Without `circular` only whole
        windows count and the image loses ``size - 1`` rows and columns; with it the image continues at its opposite
        side and keeps its size.

    Args:
        images: (N, C, H, W), floating.
        size: side of the window.
        circular: whether the image continues at its opposite side.

    Returns:
        (N, C, H - size + 1, W - size + 1), or (N, C, H, W) with `circular`.

    Raises:
        TypeError: integer images.
        ValueError: a shape that is not (N, C, H, W), a window larger than the image.

    Example:
        >>> bits = torch.tensor([0.0, 0, 1, 1, 0, 0, 1, 1]).view(1, 1, 1, 8).expand(1, 1, 2, 8)
        >>> dense_max(bits, circular=True)[0, 0, 0].int().tolist()
        [0, 1, 1, 1, 0, 1, 1, 1]

    Source: Zhang, ICML 2019, section 3.
    Chapter: 2
    """
    _check_images(images, size)
    if circular:
        images = _pad(images, 0, size - 1, "circular")
    # The same numbers with their channels last in memory: torch finds these maxima in a third of the time. A single
    # channel stays as .contiguous() leaves it: there, the other strides take twice the time.
    return F.max_pool2d(images.contiguous(memory_format=torch.channels_last), size, stride=1)


def polyphase(images: Tensor, stride: int = 2) -> Tensor:
    """The ``stride * stride`` images that subsampling can give, one for each phase.

    Args:
        images: (N, C, H, W), H and W multiples of `stride`.
        stride: of the subsampling.

    Returns:
        (N, stride * stride, C, H / stride, W / stride); component ``stride * i + j`` begins at row i, column j.

    Raises:
        ValueError: a side that `stride` does not divide.

    Example:
        >>> polyphase(torch.arange(4.0).view(1, 1, 1, 4).expand(1, 1, 2, 4))[0, :, 0].tolist()
        [[[0.0, 2.0]], [[1.0, 3.0]], [[0.0, 2.0]], [[1.0, 3.0]]]

    Source: Chaman and Dokmanić, CVPR 2021.
    Chapter: 2
    """
    _check_images(images, 1)
    if images.shape[2] % stride or images.shape[3] % stride:
        raise ValueError(
            f"expected sides that the stride {stride} divides, got {tuple(images.shape[2:])}: pad or crop the "
            "image first"
        )
    return torch.stack([images[..., i::stride, j::stride] for i in range(stride) for j in range(stride)], dim=1)


class BlurPool2d(nn.Module):
    """Blur, then keep every `stride`-th pixel, channel by channel: anti-aliased subsampling.

    Convention:
        The kernel is the outer product of its taps with themselves, and sums to 1. It is centred; with an even number
        of taps the centre is half a pixel to the left and above. The first pixel is always kept, so an output has
        ``(side - 1) // stride + 1`` pixels a side.

    Args:
        kernel: a name in `KERNELS`, or the taps.
        stride: of the subsampling; 1 for a blur alone.
        padding: what is outside the image: ``"reflect"`` (the image mirrored about its outermost pixels), ``"circular"`` or
            ``"zeros"``.

    Raises:
        ValueError: an unknown kernel or padding, taps that sum to 0, an image too small to reflect.

    Example:
        >>> row = torch.tensor([0.0, 1, 1, 1, 0, 1, 1, 1]).view(1, 1, 1, 8).expand(1, 1, 8, 8)
        >>> BlurPool2d("Tri-3", padding="circular")(row)[0, 0, 0].tolist()
        [0.5, 1.0, 0.5, 1.0]

    Source: Zhang, ICML 2019.
    Chapter: 2
    """

    def __init__(self, kernel: str | Sequence[float] = "Tri-3", stride: int = 2, padding: str = "reflect"):
        super().__init__()
        if isinstance(kernel, str):
            _validate.one_of("kernel", kernel, tuple(KERNELS))
        _validate.one_of("padding", padding, PADDINGS)
        if stride < 1:
            raise ValueError(f"expected a stride of at least 1, got {stride}")
        taps = torch.tensor(KERNELS[kernel] if isinstance(kernel, str) else list(kernel), dtype=torch.float64)
        if taps.ndim != 1 or not len(taps) or taps.sum() == 0:
            raise ValueError(f"expected a row of taps whose sum is not 0, got {kernel!r}")
        self.kernel, self.stride, self.padding = kernel, stride, padding
        # Not in the state dict: it is a setting, and weights load with and without a blur.
        self.register_buffer("taps", taps / taps.sum(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, (H - 1) // stride + 1, (W - 1) // stride + 1)."""
        _check_images(images, 1)
        before, after = (len(self.taps) - 1) // 2, len(self.taps) // 2
        if self.padding == "reflect" and after >= min(images.shape[2:]):
            raise ValueError(
                f"expected images of at least {after + 1} pixels a side for {len(self.taps)} taps, got "
                f"{tuple(images.shape[2:])}: pool less often, or use padding='zeros'"
            )
        padded = _pad(images, before, after, self.padding)
        taps = self.taps.to(images)
        channels = images.shape[1]
        weight = torch.outer(taps, taps).expand(channels, 1, -1, -1)
        return F.conv2d(padded, weight, stride=self.stride, groups=channels)

    def extra_repr(self) -> str:
        """For ``print(module)``."""
        return f"kernel={self.kernel!r}, stride={self.stride}, padding={self.padding!r}"


class MaxBlurPool2d(nn.Module):
    """Max pooling with a blur before the subsampling: dense maximum, blur, then keep every `stride`-th pixel.

    Args:
        size: side of the maximum's window.
        kernel, stride, padding: as in `BlurPool2d`; with ``"circular"`` the maximum is circular, too.

    Example:
        >>> tuple(MaxBlurPool2d()(torch.rand(2, 3, 42, 42)).shape)
        (2, 3, 21, 21)

    Source: Zhang, ICML 2019.
    Chapter: 2
    """

    def __init__(
        self,
        size: int = 2,
        kernel: str | Sequence[float] = "Tri-3",
        stride: int = 2,
        padding: str = "reflect",
    ):
        super().__init__()
        self.size = size
        self.blur = BlurPool2d(kernel, stride, padding)

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H', W')."""
        return self.blur(dense_max(images, self.size, self.blur.padding == "circular"))

    def extra_repr(self) -> str:
        """For ``print(module)``."""
        return f"size={self.size}"


class PolyphasePool2d(nn.Module):
    """Max pooling that chooses its subsampling phase by content: adaptive polyphase sampling (APS).

    Of the ``stride * stride`` ways to subsample the dense maximum, each image keeps the one with the largest norm. A
    circular shift only reorders them, so the same pixels are kept at every position of the image: the output moves with
    the image, and a network of circular convolutions that ends with a global average gives the same class at every shift.

    Convention:
        Circular throughout. If two components have the same norm, the first one is kept, and a shift may change which
        one is first; in real images this happens if they are all zero.

    Args:
        size: side of the maximum's window.
        stride: of the subsampling; divides both sides of the image.
        kernel: a blur between maximum and subsampling, as in `BlurPool2d`; None for none.

    Raises:
        ValueError: a side that `stride` does not divide.

    Example:
        >>> row = torch.tensor([0.0, 0, 1, 1, 0, 0, 1, 1]).view(1, 1, 1, 8).expand(1, 1, 2, 8)
        >>> pool = PolyphasePool2d()
        >>> pool(row).equal(pool(row.roll(1, dims=3)))
        True

    Source: Chaman and Dokmanić, Truly Shift-Invariant Convolutional Neural Networks, CVPR 2021.
    Chapter: 2
    """

    def __init__(self, size: int = 2, stride: int = 2, kernel: str | Sequence[float] | None = None):
        super().__init__()
        self.size, self.stride = size, stride
        self.blur = None if kernel is None else BlurPool2d(kernel, stride=1, padding="circular")

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H / stride, W / stride)."""
        dense = dense_max(images, self.size, circular=True)
        components = polyphase(dense if self.blur is None else self.blur(dense), self.stride)
        # In double precision: the shift reorders the sum, and its rounding must not decide between two components.
        norms = components.detach().double().square().flatten(2).sum(dim=2)
        return components[torch.arange(len(images), device=images.device), norms.argmax(dim=1)]

    def extra_repr(self) -> str:
        """For ``print(module)``."""
        return f"size={self.size}, stride={self.stride}"


def _check_images(images: Tensor, least: int) -> None:
    _validate.floating("images", images, "convert them with .float(), and divide pixels by 255")
    if images.ndim != 4:
        raise ValueError(
            f"expected images of shape (N, C, H, W), got {_validate.shape_of(images)}: add dimensions with [None]"
        )
    if least < 1 or min(images.shape[2:]) < least:
        raise ValueError(f"expected a window of 1 pixel up to the image's side, got {least} on {images.shape[2:]}")


def _pad(images: Tensor, before: int, after: int, padding: str) -> Tensor:
    sides = (before, after, before, after)
    if padding == "zeros":
        return F.pad(images, sides)
    if padding == "circular":
        return _continued(_continued(images, before, after, dim=2), before, after, dim=3)
    return F.pad(images, sides, mode="reflect")


def _continued(images: Tensor, before: int, after: int, dim: int) -> Tensor:
    """Pad images circularly by any number of pixels: as torch's circular padding, but faster and without its limit."""
    side = images.shape[dim]
    while before or after:  # at most one side of the image at a time
        first, last = min(before, side), min(after, side)
        end = images.narrow(dim, side - first, first)
        start = images.narrow(dim, images.shape[dim] - side, last)
        images = torch.cat([end, images, start], dim)
        before, after = before - first, after - last
    return images
