"""Registration by gradient descent on theta, until one image matches another. No network, no labels."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib import _validate
from stn_lib._precision import full_precision, wide
from stn_lib.grid import affine_grid
from stn_lib.sampling import grid_sample, linearized_sample
from stn_lib.transforms import identity

SAMPLERS = ("bilinear", "bicubic", "nearest", "linearized")
MOVES = ("translation", "affine")


class Registration(NamedTuple):
    """The path of gradient descent: entry 0 is the start, entry -1 the end.

    Args:
        theta: theta at each step, (steps + 1, N, 2, 3).
        loss: the mean squared difference of the images at each step, (steps + 1, N); of the blurred images where the
            step blurs them.
    """

    theta: Tensor
    loss: Tensor


@torch.inference_mode(False)
@torch.enable_grad()  # the descent needs a gradient, whatever the caller has switched off
def register(
    moving: Tensor,
    fixed: Tensor,
    start: Tensor | None = None,
    *,
    move: str = "affine",
    sampler: str = "bilinear",
    blurs: Sequence[float] = (0.0,),
    spread: float = 2.0,
    steps: int = 100,
    lr: float = 0.02,
    generator: torch.Generator | None = None,
) -> Registration:
    """Optimise theta with Adam until `moving`, sampled at theta, matches `fixed`; each pair of a batch on its own.

    Convention:
        theta maps OUTPUT (the fixed image) to INPUT (the moving image) in normalised coordinates, with
        ``align_corners=False``. Outside the moving image every value is 0.

    Args:
        moving: (N, C, H, W).
        fixed: (N, C, H', W').
        start: theta (N, 2, 3) of the start; the identity if None.
        move: ``"affine"`` optimises all six parameters, ``"translation"`` only the last column.
        sampler: ``"bilinear"``; ``"bicubic"``, whose loss has no ripple between the pixels; ``"nearest"``, whose gradient
            is 0; or ``"linearized"``, whose gradient takes in more pixels.
        blurs: standard deviations, in pixels, of Gaussian blurs of both images. Each blur is used for an equal share
            of the steps, in this order: (4, 2, 0) goes from coarse to fine.
        spread: standard deviation of the linearised sampler's auxiliary points, in pixels of `moving`.
        steps: the number of descent steps.
        lr: Adam's learning rate: about how much each number of theta changes in a step.
        generator: draws the linearised sampler's points.

    Returns:
        A `Registration`.

    Raises:
        TypeError: images of an integer dtype.
        ValueError: shapes that do not fit, unknown names, fewer steps than blurs, a negative blur.

    Example:
        >>> square = torch.zeros(1, 1, 16, 16)
        >>> square[..., 4:10, 4:10] = 1
        >>> path = register(square.roll(2, 3), square, move="translation", steps=120)
        >>> round(path.theta[-1, 0, 0, 2].item(), 2)  # two pixels of 16: 2 · 2 / 16
        0.25

    Chapter: 6
    """
    # A tensor that was made in inference mode cannot take part in the descent; its clone can.
    moving, fixed = (images.clone() if images.is_inference() else images for images in map(wide, (moving, fixed)))
    theta = _check(moving, fixed, start, move, sampler, blurs, steps)
    free = torch.zeros(1, 2, 3, dtype=theta.dtype, device=theta.device)
    free[:, :, 2 if move == "translation" else slice(None)] = 1
    raw = theta.clone().requires_grad_()
    descent = torch.optim.Adam([raw], lr=lr)
    path, losses, now = [], [], None
    for step in range(steps + 1):
        sigma = blurs[min(step * len(blurs) // steps, len(blurs) - 1)]
        if sigma != now:
            pair, now = (blurred(moving, sigma), blurred(fixed, sigma)), sigma
        grid = affine_grid(raw, (len(raw), 1, *fixed.shape[2:]))
        if sampler == "linearized":
            warped = linearized_sample(pair[0], grid, spread, generator=generator)
        else:
            warped = grid_sample(pair[0], grid, sampler)
        loss = (warped - pair[1]).square().mean((1, 2, 3))
        path.append(raw.detach().clone())
        losses.append(loss.detach())
        if step < steps:
            descent.zero_grad()
            loss.sum().backward()
            raw.grad = raw.grad * free
            descent.step()
    return Registration(torch.stack(path), torch.stack(losses))


@full_precision
def blurred(images: Tensor, sigma: float) -> Tensor:
    """Blur images with a Gaussian; outside, every value is 0.

    Args:
        images: (N, C, H, W).
        sigma: standard deviation in pixels; 0 returns the images unchanged.

    Returns:
        The blurred images, (N, C, H, W).

    Raises:
        ValueError: a negative sigma.

    Example:
        >>> dot = torch.zeros(1, 1, 9, 9)
        >>> dot[..., 4, 4] = 1
        >>> round(blurred(dot, 1.0)[0, 0, 4, 4].item(), 4)  # 1 / (2 π)
        0.1592

    Chapter: 6
    """
    if not 0 <= sigma < float("inf"):
        raise ValueError(f"expected a blur of 0 or more pixels, got {sigma}")
    if sigma == 0:
        return images
    reach = int(4 * sigma + 0.5)
    at = torch.arange(-reach, reach + 1, dtype=images.dtype, device=images.device)
    weight = torch.exp(-(at**2) / (2 * sigma**2))
    weight = weight / weight.sum()
    flat = images.reshape(-1, 1, *images.shape[2:])
    flat = F.conv2d(flat, weight.view(1, 1, 1, -1), padding=(0, reach))
    return F.conv2d(flat, weight.view(1, 1, -1, 1), padding=(reach, 0)).view_as(images)


def _check(moving, fixed, start, move, sampler, blurs, steps) -> Tensor:
    for name, images in (("moving", moving), ("fixed", fixed)):
        _validate.floating(name, images)
        if images.ndim != 4:
            raise ValueError(f"expected {name} of shape (N, C, H, W), got {_validate.shape_of(images)}")
    if moving.shape[:2] != fixed.shape[:2] or moving.dtype != fixed.dtype:
        raise ValueError(
            "expected moving and fixed of one batch size, number of channels and dtype, got "
            f"{_validate.shape_of(moving)} {moving.dtype} and {_validate.shape_of(fixed)} {fixed.dtype}"
        )
    _validate.one_of("move", move, MOVES)
    _validate.one_of("sampler", sampler, SAMPLERS)
    if not blurs or steps < len(blurs):
        raise ValueError(f"expected at least one blur, and a step for each, got {len(blurs)} blurs and {steps} steps")
    theta = identity(len(moving), dtype=moving.dtype, device=moving.device) if start is None else start.detach()
    _validate.theta(theta)
    if len(theta) != len(moving):
        raise ValueError(f"expected a start for each of {len(moving)} images, got {len(theta)}")
    return theta
