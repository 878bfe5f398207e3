"""Check `mean_place(scores)`: the mean place of a map of attention.

Convention: the softmax of a map's scores is over all its places. A place is at its centre, in normalised coordinates:
the first and the last are half a place away from −1 and 1 (`align_corners=False`). The gradient must reach the scores.

Args: scores: float64 (N, H, W), of any sign.
Returns: (x, y) of each map, float64 (N, 2).

Example:
    >>> mean_place(lambda scores: 0 * scores[:, 0, :2]).passed
    False

Source: Levine et al., End-to-End Training of Deep Visuomotor Policies, 2016, section 5.1.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer, random_size
from stn_lib.models import number_networks

Places = Callable[[int], Tensor]
Share = Callable[[Tensor], Tensor]


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        count = 1 if k == 7 else random_integer(generator, 2, 3)
        size = random_size(generator, 2, 6)
        scores = 2 * torch.randn(count, *size, generator=generator, dtype=torch.float64)
        cases.append(Case({"scores": scores.round(decimals=2)}))
    return cases


def _oracle(scores: Tensor) -> Tensor:
    """With torch's own grid of the identity as the coordinates of the places."""
    theta = torch.eye(2, 3, dtype=scores.dtype)[None]
    grid = F.affine_grid(theta, [1, 1, *scores.shape[1:]], align_corners=False)[0]
    weights = torch.exp(scores - torch.logsumexp(scores, dim=(1, 2), keepdim=True))
    return torch.einsum("nhw,hwc->nc", weights, grid)


def _softmax(scores: Tensor) -> Tensor:
    return scores.flatten(1).softmax(1).view_as(scores)


def _normalised(weights: Share) -> Share:
    """Weights, divided by their sum on each map."""
    return lambda scores: weights(scores) / weights(scores).sum((1, 2), keepdim=True)


def _largest(scores: Tensor) -> Tensor:
    flat = scores.flatten(1)
    return F.one_hot(flat.argmax(1), flat.shape[1]).view_as(scores).double()


def _centres(side: int) -> Tensor:
    return (2 * torch.arange(side, dtype=torch.float64) + 1) / side - 1


def _corners(side: int) -> Tensor:
    return torch.linspace(-1, 1, side, dtype=torch.float64)


def _numbers(factor: Callable[[int], float], offset: Callable[[int], float]) -> Places:
    """Numbered places, times a factor, plus an offset."""
    return lambda side: torch.arange(side, dtype=torch.float64) * factor(side) + offset(side)


def _like(share: Share = _softmax, places: Places = _centres, signs: tuple[int, int] = (1, 1), swap: bool = False,
          total: Callable[..., Tensor] = torch.sum, axes: tuple[int, int] = (1, 2)) -> Callable[[Tensor], Tensor]:  # fmt: skip
    """The mean place; each option is a possible mistake."""

    def mean_place(scores: Tensor) -> Tensor:
        weights = share(scores)
        height, width = scores.shape[1:]
        x = (total(weights, axes[0]) * places(width)).sum(1) * signs[0]
        y = (total(weights, axes[1]) * places(height)).sum(1) * signs[1]
        return torch.stack([y, x] if swap else [x, y], 1)

    return mean_place


def _by_axis(rows: Callable[[Tensor], Tensor], columns: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Weights (N, W) of the columns and (N, H) of the rows."""
    return lambda scores: torch.stack(
        [(columns(scores) * _centres(scores.shape[2])).sum(1), (rows(scores) * _centres(scores.shape[1])).sum(1)], 1
    )


def _of_marginals(reduce: Callable[..., Tensor]) -> Callable[[Tensor], Tensor]:
    return _by_axis(lambda s: reduce(s, 2).softmax(1), lambda s: reduce(s, 1).softmax(1))


def _sizes_exchanged(scores: Tensor) -> Tensor:
    """The flat weights, put into a map of W rows."""
    count, height, width = scores.shape
    return _like(share=_softmax)(scores.reshape(count, width, height))


def _split_by_height(scores: Tensor) -> Tensor:
    """The place k of the flat map is taken for row k // H and column k % H."""
    height, width = scores.shape[1:]
    k = torch.arange(height * width)
    places = [(2 * index + 1) / side - 1 for index, side in ((k % height, width), (k // height, height))]
    return torch.stack([(_softmax(scores).flatten(1) * place).sum(1) for place in places], 1)


def _mean_weight(weights: Tensor, axis: int) -> Tensor:
    return weights.mean(axis)


mean_place = exercise(
    __name__,
    number="10.4",
    cases=_cases,
    oracle=_oracle,
    oracle_name="torch's grid of the identity, weighted by the softmax",
    gradient=("scores",),
    forbidden=(number_networks.mean_place,),
    misconceptions={
        "order_swapped": Misconception(
            "You return (y, x). A point is (x, y): the column, the last axis of the map, comes first.", _like(swap=True)
        ),
        "y_upwards": Misconception(
            "Your y grows upwards. In an image it grows downwards: the first row is near y = −1.", _like(signs=(1, -1))
        ),
        "indices": Misconception(
            "You average indices of columns and rows. Average their normalised coordinates: −1 is the left or upper border "
            "of the map, 1 the right or lower one.",
            *(
                _like(places=_numbers(lambda side: 1, lambda side, o=offset: o), swap=swap)
                for offset in (0, 0.5, 1)
                for swap in (False, True)
            ),
        ),
        "from_zero_to_one": Misconception(
            "Your coordinates go from 0 to 1. Normalised coordinates go from −1 to 1: multiply by 2 and subtract 1.",
            *(
                _like(places=_numbers(factor, offset), swap=swap)
                for factor, offset in (
                    (lambda side: 1 / side, lambda side: 0.5 / side),
                    (lambda side: 1 / side, lambda side: 0),
                    (lambda side: 1 / (side - 1), lambda side: 0),
                )
                for swap in (False, True)
            ),
        ),
        "corners_aligned": Misconception(
            "You put the outer places AT −1 and 1, as with `align_corners=True`. Here their centres are half a place inside: "
            "(2 j + 1)/W − 1.",
            *(_like(places=_corners, swap=swap) for swap in (False, True)),
        ),
        "edges": Misconception(
            "You use a border of each place, such as 2 j/W − 1. Use its centre: (2 j + 1)/W − 1.",
            *(
                _like(places=_numbers(lambda side: 2 / side, lambda side, o=offset: o / side - 1), swap=swap)
                for offset in (0, 2)
                for swap in (False, True)
            ),
        ),
        "centred_in_places": Misconception(
            "Your coordinates have their origin in the middle, but count places. Normalise them: the borders of the map are "
            "−1 and 1.",
            _like(places=_numbers(lambda side: 1, lambda side: (1 - side) / 2)),
            _like(places=_numbers(lambda side: 1 / side, lambda side: (1 - side) / 2 / side)),
        ),
        "one_axis": Misconception(
            "Your softmax is over rows or columns only. All places of a map compete: flatten the map first, so that all "
            "its weights add up to 1.",
            *(
                _like(share=lambda s, a=axis: s.softmax(a), total=total)
                for axis in (1, 2)
                for total in (torch.sum, _mean_weight)
            ),
            *(_like(share=_normalised(lambda s, a=axis: s.softmax(a))) for axis in (1, 2)),
            *(
                _by_axis(lambda s, r=reduce: r(s.softmax(1), 2), lambda s, r=reduce: r(s.softmax(2), 1))
                for reduce in (torch.sum, torch.mean)
            ),
            _like(share=lambda s: s.softmax(1).softmax(2)),
            _like(share=lambda s: s.softmax(2).softmax(1)),
        ),
        "softmax_of_sums": Misconception(
            "You add or average the SCORES of a row or a column before the softmax. Take the softmax of the whole map first, "
            "then add its weights.",
            _of_marginals(torch.sum),
            _of_marginals(torch.mean),
            _of_marginals(torch.amax),
        ),
        "whole_batch": Misconception(
            "Your softmax runs over the whole batch. Each map has weights of its own that add up to 1.",
            _like(share=lambda s: s.flatten().softmax(0).view_as(s)),
            _like(share=lambda s: s.exp() / s.exp().sum()),
        ),
        "across_maps": Misconception(
            "Your softmax runs across the maps of the batch. The places of ONE map compete.",
            _like(share=lambda s: s.softmax(0)),
        ),
        "argmax": Misconception(
            "You take the place with the largest score. It has no gradient; take the mean of all places, weighted by the "
            "softmax.",
            *(
                _like(share=_largest, places=places, swap=swap)
                for places in (_centres, _corners, _numbers(lambda side: 1, lambda side: 0))
                for swap in (False, True)
            ),
        ),
        "no_softmax": Misconception(
            "You divide the scores by their sum. Scores can be negative, and so would be your weights: take the softmax.",
            _like(share=_normalised(lambda s: s)),
            _like(share=_normalised(lambda s: s - s.amin((1, 2), keepdim=True))),
        ),
        "scores_as_weights": Misconception(
            "You weight the places by the scores, or by `log_softmax`. Weights are positive and add up to 1: take the softmax.",
            _like(share=lambda s: s),
            _like(share=lambda s: s, total=_mean_weight),
        ),
        "not_normalised": Misconception(
            "Your weights do not add up to 1: divide the exponentials by their sum.",
            _like(share=lambda s: s.exp()),
            _like(share=lambda s: (s - s.amax((1, 2), keepdim=True)).exp()),
            _like(share=lambda s: s.sigmoid()),
        ),
        "another_weight": Misconception(
            "Your weights are positive and add up to 1, but are no softmax: take the exponential of each score.",
            *(
                _like(share=_normalised(weights))
                for weights in (torch.sigmoid, torch.relu, torch.abs, F.softplus, torch.square)
            ),
            _like(share=_normalised(lambda s: 2**s)),
        ),
        "lowest_score": Misconception(
            "The lowest scores get the largest weights: your softmax is that of −scores.",
            _like(share=lambda s: _softmax(-s)),
        ),
        "averaged_again": Misconception(
            "The softmax is a weighting already: ADD the weighted coordinates, do not average them.",
            _like(total=_mean_weight),
            lambda scores: _like()(scores) / scores[0].numel(),
            lambda scores: _like()(scores) / torch.tensor(scores.shape[:0:-1]),
        ),
        "sizes_exchanged": Misconception(
            "You put the flat weights into a map of W rows and H columns. A map is (H, W).",
            _sizes_exchanged,
            _split_by_height,
        ),
        "one_size": Misconception(
            "You use one size for both coordinates. The width normalises x, the height y: maps need not be square.",
            *(
                lambda scores, a=axis: (_like(places=_numbers(lambda s: 2, lambda s: 1))(scores) / scores.shape[a]) - 1
                for axis in (1, 2)
            ),
            lambda scores: (
                _like(places=_numbers(lambda s: 2, lambda s: 1))(scores) / torch.tensor(scores.shape[1:]) - 1
            ),
        ),
    },
)
