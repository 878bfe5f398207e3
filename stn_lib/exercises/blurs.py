"""The exercises about shrinking a picture: blur kernels, blur pooling, the choice of APS, and what goes wrong.

Convention: pictures are float64 tensors (H, W); a blur mirrors the picture about its outermost pixels; of an even number
of taps the one without a partner reaches to the right and down; the first pixel is always kept.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_image, draw_integer, draw_size
from stn_lib.exercises.frame import Exercise, Misconception
from stn_lib.pooling import KERNELS


def _draw_taps(generator: torch.Generator) -> list[Case]:
    cases = [Case({"taps": torch.tensor(taps, dtype=torch.float64)}) for taps in KERNELS.values()]
    for k in range(6):
        taps = torch.randint(1, 9, (2 + k % 4,), generator=generator).double()
        taps[0] = 9.0  # not symmetric
        cases.append(Case({"taps": taps}))
    return cases


def _outer(taps: Tensor) -> Tensor:
    return taps[:, None] * taps[None, :]


def _kernel(taps: Tensor) -> Tensor:
    return _outer(taps) / taps.sum() ** 2


KERNEL = Exercise(
    "2.1",
    "blur_kernel",
    _draw_taps,
    _kernel,
    "the outer product",
    (
        Misconception(
            "not_normalised",
            "The weights do not add up to 1, so the blur makes the picture brighter. Divide by their sum.",
            (_outer,),
        ),
        Misconception(
            "normalised_once",
            "You divide by the sum of the taps once, but they are multiplied along both axes. Divide by the sum of all "
            "weights.",
            (lambda taps: _outer(taps) / taps.sum(), lambda taps: _outer(taps) / len(taps) ** 2),
        ),
        Misconception(
            "largest_is_one",
            "You divide by the largest weight. For a mean the SUM of the weights must be 1.",
            (lambda taps: _outer(taps) / _outer(taps).max(), lambda taps: _outer(taps / taps.max())),
        ),
        Misconception(
            "unit_norm",
            "You divide by the norm. For a mean the SUM of the weights must be 1.",
            (lambda taps: _outer(taps / taps.norm()),),
        ),
        Misconception(
            "not_separable",
            "You add the taps of row and column. A blur along one axis after the other MULTIPLIES them.",
            (
                lambda taps: taps[:, None] + taps[None, :],
                lambda taps: (taps[:, None] + taps[None, :]) / (taps[:, None] + taps[None, :]).sum(),
                lambda taps: (taps[:, None] + taps[None, :]) / 2,
                lambda taps: (taps[:, None] + taps[None, :]) / (2 * taps.sum()),
            ),
        ),
        Misconception(
            "one_axis",
            "Your kernel blurs along one axis, or along the diagonal. Use the product of taps i and j in row i, column j.",
            (
                lambda taps: torch.diag(taps / taps.sum()),
                lambda taps: torch.diag(taps),
                lambda taps: (taps / taps.sum()).expand(len(taps), -1) / len(taps),
                lambda taps: (taps / taps.sum())[:, None].expand(-1, len(taps)) / len(taps),
            ),
        ),
    ),
    tolerance=1e-6,
)


def blurred(image: Tensor, taps: Tensor, stride: int, *, start: int = 0, pad: str = "reflect", flip: bool = False,
            kernel: Callable[[Tensor], Tensor] = _kernel) -> Tensor:  # fmt: skip
    """Blur pooling with everything that can go wrong as an option."""
    before, after = (len(taps) - 1) // 2, len(taps) // 2
    sides = (after, before) * 2 if flip else (before, after) * 2
    picture = image[None, None]
    padded = F.pad(picture, sides) if pad == "zeros" else F.pad(picture, sides, mode=pad)
    return F.conv2d(padded, kernel(taps)[None, None])[0, 0, start::stride, start::stride]


def _along(image: Tensor, taps: Tensor, stride: int, axis: int) -> Tensor:
    line = taps / taps.sum()
    before, after = (len(taps) - 1) // 2, len(taps) // 2
    sides, shape = ((before, after, 0, 0), (1, -1)) if axis == 1 else ((0, 0, before, after), (-1, 1))
    padded = F.pad(image[None, None], sides, mode="reflect")
    return F.conv2d(padded, line.view(1, 1, *shape))[0, 0, ::stride, ::stride]


def _draw_pools(generator: torch.Generator, low: int = 8, high: int = 11) -> list[Case]:
    cases = []
    for k in range(12):
        taps = torch.tensor(list(KERNELS.values())[k % 4], dtype=torch.float64)
        image = draw_image(generator, draw_size(generator, low, high))
        cases.append(Case({"image": image, "taps": taps, "stride": (2, 3, 2)[k % 3]}))
    return cases


_UNNORMALISED = Misconception(
    "not_normalised",
    "The weights do not add up to 1, so the picture gets brighter. Divide the taps by their sum.",
    (),
)

BLUR_POOL = Exercise(
    "2.2",
    "blur_pool",
    _draw_pools,
    blurred,
    "`conv2d` on the mirrored picture",
    (
        Misconception(
            "zero_padding",
            'Zeros come in at the edges, and the edges turn dark. Mirror the picture there (`mode="reflect"`).',
            (lambda *a: blurred(*a, pad="zeros"),),
        ),
        Misconception(
            "edge_repeated",
            'The outermost pixels are repeated at the edges. Mirror the picture ABOUT them (`mode="reflect"`).',
            (lambda *a: blurred(*a, pad="replicate"),),
        ),
        Misconception(
            "wraps_round",
            'At the edges the picture goes on at its other side. Mirror it there (`mode="reflect"`).',
            (lambda *a: blurred(*a, pad="circular"),),
        ),
        Misconception(
            _UNNORMALISED.key,
            _UNNORMALISED.sentence,
            (lambda *a: blurred(*a, kernel=_outer), lambda *a: blurred(*a, kernel=lambda t: _outer(t) / t.sum())),
        ),
        Misconception(
            "blur_after_subsampling",
            "You keep first and blur after. What folds has folded by then: blur first, then keep.",
            (lambda image, taps, stride: blurred(image[::stride, ::stride], taps, 1),),
        ),
        Misconception(
            "starts_late",
            "You keep the wrong ones: begin with the first row and column, `[::stride]`.",
            (
                lambda *a: blurred(*a, start=1),
                lambda image, taps, stride: blurred(image, taps, stride, start=stride - 1),
            ),
        ),
        Misconception(
            "blur_forgotten",
            "Nothing is blurred. Blur along both axes before you keep every stride-th row and column.",
            (lambda image, taps, stride: image[::stride, ::stride],),
        ),
        Misconception(
            "stride_forgotten",
            "You blur, but keep every pixel. Keep every stride-th row and column.",
            (lambda image, taps, stride: blurred(image, taps, 1),),
        ),
        Misconception(
            "one_axis",
            "You blur along one axis only. Blur along the rows AND the columns.",
            (lambda *a: _along(*a, 0), lambda *a: _along(*a, 1)),
        ),
        Misconception(
            "kernel_off_centre",
            "With an even number of taps your kernel reaches to the left and up. Pad (K − 1) // 2 before and K // 2 after.",
            (lambda *a: blurred(*a, flip=True),),
        ),
    ),
)


def _dense(image: Tensor) -> Tensor:
    return F.max_pool2d(image[None, None], 2, stride=1)[0, 0]


def _max_pooled(image: Tensor, stride: int) -> Tensor:
    return F.max_pool2d(image[None, None], 2, stride=stride)[0, 0]


MAX_BLUR_POOL = Exercise(
    "2.3",
    "max_blur_pool",
    lambda generator: _draw_pools(generator, 9, 12),
    lambda image, taps, stride: blurred(_dense(image), taps, stride),
    "`max_pool2d` with stride 1, then 2.2",
    (
        Misconception(
            "pool_then_blur",
            "You pool with the stride, and blur what is left. Take the maximum at EVERY place, blur, and keep last.",
            (
                lambda image, taps, stride: blurred(_max_pooled(image, stride), taps, 1),
                lambda image, taps, stride: blurred(_max_pooled(image, 2), taps, 1),
                lambda image, taps, stride: blurred(_max_pooled(image, 2), taps, stride),
            ),
        ),
        Misconception(
            "blur_first",
            "You blur the picture, and take the maximum after. The maximum comes first.",
            (
                lambda image, taps, stride: _max_pooled(blurred(image, taps, 1), stride),
                lambda image, taps, stride: _max_pooled(blurred(image, taps, 1), 2),
                lambda image, taps, stride: _dense(blurred(image, taps, 1))[::stride, ::stride],
            ),
        ),
        Misconception(
            "blur_forgotten",
            "This is max pooling as it is, without the blur.",
            (
                lambda image, taps, stride: _max_pooled(image, stride),
                lambda image, taps, stride: _dense(image)[::stride, ::stride],
            ),
        ),
        Misconception(
            "max_forgotten",
            "There is no maximum: this is blur pooling alone. Take the maximum over each window of 2 × 2 first.",
            (blurred,),
        ),
        Misconception(
            "mean_for_maximum",
            "You average over the windows. Take the maximum.",
            (lambda image, taps, stride: blurred(F.avg_pool2d(image[None, None], 2, 1)[0, 0], taps, stride),),
        ),
        Misconception(
            "zero_padding",
            "In the blur, zeros come in at the edges. Mirror the picture there, as in 2.2.",
            (lambda image, taps, stride: blurred(_dense(image), taps, stride, pad="zeros"),),
        ),
        Misconception(
            "one_axis",
            "The maximum is taken along one axis only. A window has two rows AND two columns.",
            (
                lambda image, taps, stride: blurred(torch.maximum(image[:-1], image[1:]), taps, stride),
                lambda image, taps, stride: blurred(torch.maximum(image[:, :-1], image[:, 1:]), taps, stride),
            ),
        ),
    ),
)


def _four(image: Tensor) -> list[Tensor]:
    return [image[i::2, j::2] for i in (0, 1) for j in (0, 1)]


def _energy(part: Tensor) -> Tensor:
    return part.square().sum()


def _most(score: Callable[[Tensor], Any]) -> Callable[[Tensor], Tensor]:
    return lambda image: max(_four(image), key=lambda part: float(score(part)))


def _draw_signed(generator: torch.Generator) -> list[Case]:
    """Signed pictures; for each other way to compare, four on which it chooses another of the four parts."""
    right, cases = _most(_energy), []
    for rival in (torch.sum, lambda p: p.sum().abs(), torch.max, lambda p: p.abs().max(), lambda p: p.abs().sum()):
        wanted = len(cases) + 4
        while len(cases) < wanted:
            height, width = (2 * side for side in draw_size(generator, 2, 4))
            image = draw_image(generator, (height, width)) - draw_integer(generator, 1, height * width)
            if not torch.equal(_most(rival)(image), right(image)):
                cases.append(Case({"image": image}))
    return cases


POLYPHASE = Exercise(
    "2.4",
    "polyphase",
    _draw_signed,
    _most(_energy),
    "the norm of each of the four",
    (
        Misconception(
            "always_first",
            "You always keep the same one. That is ordinary subsampling: compare the four and keep the strongest.",
            tuple(lambda image, k=k: _four(image)[k] for k in range(4)),
        ),
        Misconception(
            "largest_sum",
            "You compare sums, in which negative values cancel positive ones. Compare sums of SQUARES.",
            (_most(lambda part: part.sum()), _most(lambda part: part.sum().abs())),
        ),
        Misconception(
            "largest_value",
            "You compare the largest value of each. Compare the sums of squares of ALL values.",
            (_most(lambda part: part.max()), _most(lambda part: part.abs().max())),
        ),
        Misconception(
            "weakest",
            "You keep the weakest of the four. Keep the one with the LARGEST sum of squares.",
            (_most(lambda part: -_energy(part)),),
        ),
        Misconception(
            "sum_of_magnitudes",
            "You compare sums of magnitudes. APS uses the sum of squares, the norm of the exercise.",
            (_most(lambda part: part.abs().sum()),),
        ),
        Misconception(
            "rows_only",
            "You choose among two of the four: by row or by column. Choose both, i and j.",
            (
                lambda image: max(_four(image)[0::2], key=_energy),
                lambda image: max(_four(image)[:2], key=_energy),
            ),
        ),
    ),
)
