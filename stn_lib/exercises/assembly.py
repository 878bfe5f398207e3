"""The exercises about the module: assembling it, a window that stays inside, one gradient through the sampler by hand.

Convention: theta maps output to input in normalised (x, y), ``align_corners=False``; outside reads 0. The oracles are
torch's affine_grid, grid_sample and autograd.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_image, draw_integer, draw_size
from stn_lib.exercises.frame import Exercise, Misconception


def _draw_batches(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        size, out_size = draw_size(generator, 3, 5), draw_size(generator, 2, 4)
        out_size = (out_size[0], out_size[1] + (out_size == size))
        images = torch.stack([draw_image(generator, size)[None] for _ in range(2)])
        steady = torch.tensor([0.8, 0.0, 0.0, 0.0, 0.8, 0.0], dtype=torch.float64)
        answer = steady + (2 * torch.rand(2, 6, generator=generator, dtype=torch.float64) - 1) * 0.3
        cases.append(Case({"images": images, "answer": answer.round(decimals=2), "out_size": out_size}))
    return cases


def _module(images: Tensor, answer: Tensor, out_size: tuple[int, int], *, theta: Callable[[Tensor], Tensor] = lambda a: a,
            grid_corners: bool = False, corners: bool = False, size: Callable | None = None,
            padding: str = "zeros") -> Tensor:  # fmt: skip
    """The module with everything that can go wrong as an option."""
    out_size = size(images, out_size) if size else out_size
    grid = F.affine_grid(theta(answer).reshape(-1, 2, 3), (len(images), 1, *out_size), align_corners=grid_corners)
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=corners)


def _inverted(answer: Tensor) -> Tensor:
    last = torch.tensor([[[0.0, 0.0, 1.0]]], dtype=answer.dtype).expand(len(answer), 1, 3)
    return torch.linalg.inv(torch.cat([answer.view(-1, 2, 3), last], dim=1))[:, :2]


def _like(**options) -> Callable[..., Tensor]:
    return lambda images, answer, out_size: _module(images, answer, out_size, **options)


MODULE = Exercise(
    "6.1",
    "spatial_transformer",
    _draw_batches,
    _module,
    "torch's affine_grid and grid_sample",
    (
        Misconception(
            "reshaped_3x2",
            "The six numbers are two ROWS of three: x_s takes the first three. You split them into three rows of two.",
            (_like(theta=lambda a: a.view(-1, 3, 2).transpose(1, 2)),),
        ),
        Misconception(
            "grid_of_input_size",
            "The grid has the size of the INPUT. It says where each OUTPUT pixel is read, so it has the output's size.",
            (_like(size=lambda images, out_size: images.shape[2:]),),
        ),
        Misconception(
            "sizes_exchanged",
            "Height and width of the output are exchanged: `out_size` is (H, W).",
            (_like(size=lambda images, out_size: out_size[::-1]),),
        ),
        Misconception(
            "corners_mixed",
            "Grid and sampler disagree about `align_corners`, so all is read up to half a pixel off. Give both the same.",
            (_like(grid_corners=True), _like(corners=True)),
        ),
        Misconception(
            "corners_aligned",
            "Grid and sampler agree, but on `align_corners=True`. This book, and torch by default, take False.",
            (_like(grid_corners=True, corners=True),),
        ),
        Misconception(
            "identity_added",
            "You add the identity to theta. It is in the bias of the localisation network's last layer already.",
            (_like(theta=lambda a: a + a.new_tensor([1.0, 0, 0, 0, 1, 0])),),
        ),
        Misconception(
            "inverted",
            "You invert theta. It already says where to READ.",
            (_like(theta=_inverted),),
        ),
        Misconception(
            "shifts_last",
            "You take the last two of the six numbers for the shifts. Row by row they are the third and the sixth.",
            (_like(theta=lambda a: a[:, [0, 1, 4, 2, 3, 5]]),),
        ),
        Misconception(
            "border",
            "Outside you continue the outermost pixels. Here, as by default in torch, the outside reads 0.",
            (_like(padding="border"),),
        ),
        Misconception(
            "one_theta_for_all",
            "All pictures are read with the theta of the first. Each has its own row of the answer.",
            (_like(theta=lambda a: a[:1].expand(len(a), -1)),),
        ),
    ),
)


def _draw_raw(generator: torch.Generator) -> list[Case]:
    raw = [torch.randint(-25, 26, (3,), generator=generator).double() / 10 + 0.05 for _ in range(10)]
    return [Case({"raw": numbers}) for numbers in raw]


def _window(
    raw: Tensor,
    scale: Callable[[Tensor], Tensor] = lambda a: 0.5 + 0.5 * torch.sigmoid(a),
    room: Callable[[Tensor], Tensor] = lambda s: 1 - s,
    squash: Callable[[Tensor], Tensor] = torch.tanh,
) -> Tensor:
    s = scale(raw[0])
    x, y = room(s) * squash(raw[1:])
    zero = torch.zeros_like(s)
    return torch.stack([s, zero, x, zero, s, y]).view(2, 3)


WINDOW = Exercise(
    "6.2",
    "bounded_window",
    _draw_raw,
    _window,
    "s = ½ + ½ σ(a), t = (1 − s) tanh(b), (1 − s) tanh(c)",
    (
        Misconception(
            "unbounded",
            "You use the raw numbers as they are, so a bad step can still throw the window out of the picture.",
            (lambda raw: _window(raw, lambda a: a, lambda s: 1, lambda b: b),),
        ),
        Misconception(
            "room_forgotten",
            "The centre may go from −1 to 1, and then half of the window is outside. It has room for 1 − s only.",
            (lambda raw: _window(raw, room=lambda s: 1), lambda raw: _window(raw, room=lambda s: s)),
        ),
        Misconception(
            "scale_from_zero",
            "Your scale runs from 0 to 1. At 0 all pixels read one point, and the gradient says little. It shall stay above ½.",
            (lambda raw: _window(raw, torch.sigmoid),),
        ),
        Misconception(
            "one_direction",
            "Your shift is never negative: the window can only go to the right and down. tanh has both signs.",
            (lambda raw: _window(raw, squash=torch.sigmoid),),
        ),
        Misconception(
            "shift_clamped",
            "You clamp. Beyond the bound a clamped number has no gradient, and never comes back. tanh bends instead.",
            (lambda raw: _window(raw, squash=lambda b: b.clamp(-1, 1)),),
        ),
        Misconception(
            "x_and_y_exchanged",
            "x and y of the shift are exchanged: the first row of theta makes x_s.",
            (lambda raw: _window(raw[[0, 2, 1]]),),
        ),
        Misconception(
            "sign_of_scale_argument",
            "Your scale shrinks as a grows. σ(a) grows with a.",
            (lambda raw: _window(raw, lambda a: 1 - 0.5 * torch.sigmoid(a)),),
        ),
    ),
)


def _draw_signals(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(10):
        count = draw_integer(generator, 4, 7)
        moving, fixed = (torch.randint(-9, 10, (count,), generator=generator).double() for _ in range(2))
        t = draw_integer(generator, -2, 1) + draw_integer(generator, 1, 9) / 10
        cases.append(Case({"moving": moving, "fixed": fixed, "t": round(t, 1)}))
    return cases


def _read(signal: Tensor, t: Tensor) -> Tensor:
    """The signal at k + t for each k, by torch's sampler; zeros outside."""
    count = len(signal)
    x = (2 * (torch.arange(count, dtype=torch.float64) + t) + 1) / count - 1
    grid = torch.stack([x, torch.zeros_like(x)], dim=1)[None, None]
    return F.grid_sample(signal.view(1, 1, 1, -1), grid, align_corners=False)[0, 0, 0]


def _descent(moving: Tensor, fixed: Tensor, t: float) -> Tensor:
    shift = torch.tensor(t, dtype=torch.float64, requires_grad=True)
    loss = (_read(moving, shift) - fixed).square().mean()
    return torch.autograd.grad(loss, shift)[0]


def _slopes(signal: Tensor, t: float) -> Tensor:
    shift = torch.full_like(signal, t).requires_grad_()
    return torch.autograd.grad(_read(signal, shift).sum(), shift)[0]


def _chain(moving: Tensor, fixed: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """Residuals and slopes, whose products make the gradient."""
    return _read(moving, torch.tensor(t, dtype=torch.float64)) - fixed, _slopes(moving, t)


def _crossed(moving: Tensor, fixed: Tensor, t: float) -> Tensor:
    low = math.floor(t)
    other = torch.tensor(low + 1 - (t - low), dtype=torch.float64)
    return (2 * (_read(moving, other) - fixed) * _slopes(moving, t)).mean()


SHIFT_GRADIENT = Exercise(
    "6.3",
    "shift_gradient",
    _draw_signals,
    _descent,
    "autograd through torch's sampler",
    (
        Misconception(
            "sign",
            "The sign is turned over: the residual is what was read MINUS what is wanted, the slope right minus left.",
            (lambda *a: -_descent(*a),),
        ),
        Misconception(
            "two_forgotten",
            "The derivative of a square brings a 2.",
            (lambda *a: _descent(*a) / 2,),
        ),
        Misconception(
            "sum_for_mean",
            "The loss is the MEAN of the squares: divide by their number.",
            (lambda moving, fixed, t: len(moving) * _descent(moving, fixed, t),),
        ),
        Misconception(
            "residual_forgotten",
            "Those are the slopes alone. Each counts by its residual: 2 (V − F) times slope.",
            (lambda *a: _chain(*a)[1].mean(), lambda *a: 2 * _chain(*a)[1].mean()),
        ),
        Misconception(
            "slope_forgotten",
            "Those are the residuals alone. Each counts by the slope of the picture where it is read.",
            (lambda *a: 2 * _chain(*a)[0].mean(), lambda *a: _chain(*a)[0].mean()),
        ),
        Misconception(
            "slope_of_the_target",
            "You take the slope of the fixed signal. What moves is the place where the MOVING one is read.",
            (lambda moving, fixed, t: 2 * (_chain(moving, fixed, t)[0] * _slopes(fixed, t)).mean(),),
        ),
        Misconception(
            "read_backwards",
            "You read at k − t. V_k is the moving signal at k + t.",
            (
                lambda moving, fixed, t: _descent(moving, fixed, -t),
                lambda moving, fixed, t: -_descent(moving, fixed, -t),
            ),
        ),
        Misconception(
            "shares_crossed",
            "The shares are crossed: the right neighbour counts with what is left after the comma of t, the left with the rest.",
            (lambda moving, fixed, t: _crossed(moving, fixed, t),),
        ),
        Misconception(
            "slope_unmoved",
            "You take the slope at the place k, not at k + t, where the signal is read.",
            # a millionth beside the pixel: on it, rounding decides which neighbour the slope comes from
            (lambda moving, fixed, t: 2 * (_chain(moving, fixed, t)[0] * _slopes(moving, 1e-6)).mean(),),
        ),
    ),
)
