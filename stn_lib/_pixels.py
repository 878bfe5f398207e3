"""Access pixels by a flat index, and interpolate between four of them: the inner part of the sampler."""

import torch
from torch import Tensor
from torch.nn import functional as F


class Pixels:
    """Images (N, C, H, W) with a border of zeros, stored flat: a pixel is one index, a neighbour a fixed step away."""

    def __init__(self, image: Tensor, rim: int):
        padded = F.pad(image, (rim, rim, rim, rim))
        self.rim, self.shape, self.stride = rim, padded.shape, padded.shape[3]
        self.flat = padded.flatten(2)  # (N, C, pixels)

    def index(self, column: Tensor, row: Tensor) -> Tensor:
        """Flat indices of the whole pixel coordinates (N, H', W'); all channels share them."""
        size = self.flat.shape[2]
        if size * torch.finfo(column.dtype).eps > 1:  # so large that a float cannot hold every index
            column, row = column.long(), row.long()
        at = torch.add(column, row, alpha=self.stride)
        at = at.int() if size < 2**31 else at.long()  # float to int32 to int64 takes half the time
        return at.add_(self.rim * self.stride + self.rim).long()

    def read(self, index: Tensor, down: int = 0, right: int = 0) -> Tensor:
        """The pixels (N, C, H', W') at `index`, moved down and right by whole pixels."""
        flat = self._from(self.flat, down, right)
        return flat.gather(2, self._all_channels(index)).unflatten(2, index.shape[1:])

    def add(self, sums: Tensor, index: Tensor, value: Tensor, down: int = 0, right: int = 0) -> None:
        """The reverse of `read`: add the values (N, C, H', W') to the pixels of `sums`, laid out as `flat`."""
        at = self._all_channels(index)
        self._from(sums, down, right).scatter_add_(2, at, value.reshape(at.shape))

    def crop(self, flat: Tensor) -> Tensor:
        """The images (N, C, H, W) without their border."""
        height, width = (side - 2 * self.rim for side in self.shape[2:])
        return flat.view(self.shape).narrow(2, self.rim, height).narrow(3, self.rim, width)

    def _from(self, flat: Tensor, down: int, right: int) -> Tensor:
        step = down * self.stride + right
        return flat.narrow(2, step, flat.shape[2] - step) if step else flat

    def _all_channels(self, index: Tensor) -> Tensor:
        return index.flatten(1).unsqueeze(1).expand(-1, self.shape[1], -1)


class Bilinear(torch.autograd.Function):
    """Equation 5 of the paper for images (N, C, H, W) and points x, y (N, H', W') in pixels, at most 2 outside.

    The derivatives are written out: equations 6 and 7. Autograd would find the same ones, but would keep every
    intermediate result in memory; here the backward pass gathers the four neighbours again. The derivatives consist
    of differentiable operations, so they have derivatives, too.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
        pixels, at, right, down = _locate(image, x, y)
        upper = pixels.read(at, 0, 0).lerp_(pixels.read(at, 0, 1), right)
        lower = pixels.read(at, 1, 0).lerp_(pixels.read(at, 1, 1), right)
        return upper.lerp_(lower, down)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        pixels, at, right, down = _locate(*ctx.saved_tensors)
        along_x, along_y = _slopes(pixels, at, right, down)
        along_x, along_y = (grad * along_x).sum(1), (grad * along_y).sum(1)
        if not ctx.needs_input_grad[0]:
            return None, along_x, along_y
        sums = grad.new_zeros(pixels.flat.shape)
        lower = grad * down  # equation 6: a pixel receives the gradient times its weight
        for row, share in enumerate((grad - lower, lower)):
            right_share = share * right
            pixels.add(sums, at, right_share, row, 1)
            pixels.add(sums, at, share - right_share, row, 0)
        return pixels.crop(sums), along_x, along_y

    @staticmethod
    def jvp(ctx, image: Tensor, x: Tensor, y: Tensor) -> Tensor:
        start, *point = ctx.saved_tensors
        along_x, along_y = _slopes(*_locate(start, *point))
        return Bilinear.apply(image, *point) + along_x * x.unsqueeze(1) + along_y * y.unsqueeze(1)


def _locate(image: Tensor, x: Tensor, y: Tensor) -> tuple[Pixels, Tensor, Tensor, Tensor]:
    """For each point: the index of the pixel above and left of it, and the distances right and down from there."""
    left, top = x.detach().floor(), y.detach().floor()
    pixels = Pixels(image, rim=3)  # a point left of -1 must use no pixel of the image, not even with weight 0
    return pixels, pixels.index(left, top), (x - left).unsqueeze(1), (y - top).unsqueeze(1)


def _slopes(pixels: Pixels, at: Tensor, right: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """Equation 7, the derivatives with respect to x and y: differences of neighbours, weighted by distance."""
    a, b, c, d = (pixels.read(at, row, column) for row in (0, 1) for column in (0, 1))
    along_x = torch.lerp(b - a, d - c, down)
    return along_x, torch.lerp(c.sub_(a), d.sub_(b), right)
