"""Check `paired_gap(a, b)`: the difference of two networks' error rates, and its standard errors over seeds and images.

Convention: a row has the seed, a column the image that both networks share. The difference is a − b, in percentage
points. A standard error is the standard deviation with k − 1, divided by the root of k.

Args: a, b: boolean tensors (S, N), S ≥ 2 seeds and N ≥ 2 images, True where a network's answer is wrong.
Returns: (gap, from_seeds, from_images), in percentage points.

Example:
    >>> paired_gap(lambda a, b: (0.0, 0.0, 0.0)).passed
    False

Source: Owen, The pigeonhole bootstrap, 2007, for two factors.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer

Three = tuple[float, float, float]


def _cases(generator: torch.Generator) -> list[Case]:
    g, cases = generator, []
    for seeds in (2, 2, 3, 3, 3, 4, 4, 5):
        while True:
            images = random_integer(g, 8, 24)
            hard = torch.rand(images, generator=g)  # an image that is hard for one network is hard for both
            luck = 0.3 * torch.rand(seeds, 1, generator=g)
            wrong = [torch.rand(seeds, images, generator=g) < (scale * hard + luck) for scale in (0.7, 0.35)]
            difference = wrong[0].double() - wrong[1].double()
            if min(difference.mean(axis).std().item() for axis in (0, 1)) > 0.02 and difference.mean() != 0:
                break
        if len(cases) % 2:  # a makes fewer errors
            wrong.reverse()
        cases.append(Case({"a": wrong[0], "b": wrong[1]}))
    return cases


def _oracle(a: Tensor, b: Tensor) -> Three:
    """By counts, not by a mean of differences."""
    only_a, only_b = (a & ~b).double(), (b & ~a).double()
    parts = []
    for axis in (1, 0):
        k = a.shape[1 - axis]
        values = 100 * (only_a.sum(axis) - only_b.sum(axis)) / a.shape[axis]
        squares = (values * values).sum() - values.sum() ** 2 / k
        parts.append(math.sqrt(squares / (k - 1) / k))
    return 100 * float(only_a.sum() - only_b.sum()) / a.numel(), *parts


def _error(values: Tensor, ddof: int = 1, root: Callable[[int], float] = math.sqrt) -> float:
    return float(values.std(0, correction=ddof)) / root(len(values))


def _unpaired(a: Tensor, b: Tensor, axis: int) -> float:
    return math.hypot(_error(a.mean(axis)), _error(b.mean(axis)))


def _pooled(a: Tensor, b: Tensor, axis: int) -> float:
    return _error((a - b).flatten())


def _first_seed(a: Tensor, b: Tensor, axis: int) -> float:
    return _error((a - b).mean(axis) if axis == 1 else (a - b)[0])


def _binomial(a: Tensor, b: Tensor, axis: int) -> float:
    """The error of two independent error rates."""
    k, p, q = a.shape[1 - axis], a.mean(), b.mean()
    return math.sqrt((p * (1 - p) + q * (1 - q)) / k)


def _binomial_of_all(a: Tensor, b: Tensor, axis: int) -> float:
    """The error of two independent error rates of all answers."""
    p, q = a.mean(), b.mean()
    return math.sqrt((p * (1 - p) + q * (1 - q)) / a.numel())


def _student(k: int) -> float:
    from scipy.special import stdtrit  # not above: it takes longer to import than all exercises together

    return float(stdtrit(k - 1, 0.975))


def _like(
    *,
    error: Callable[[Tensor, Tensor, int], float] = lambda a, b, axis: _error((a - b).mean(axis)),
    percent: float = 100,
    sign: int = 1,
    axes: tuple[int, int] = (1, 0),
    times: float = 1,
    of: Callable[[Tensor], Tensor] = lambda difference: difference,
) -> Callable[..., Three]:
    """The three numbers; each option is a possible mistake."""

    def paired_gap(a: Tensor, b: Tensor) -> Three:
        a, b = a.double(), b.double()
        seeds, images = (percent * times * error(a, b, axis) for axis in axes)
        return sign * percent * float(of(a - b).mean()), seeds, images

    return paired_gap


def _spread(**options: Any) -> Callable[[Tensor, Tensor, int], float]:
    return lambda a, b, axis: _error((a - b).mean(axis), **options)


def _sums(a: Tensor, b: Tensor) -> Three:
    d = a.double() - b.double()
    return float(d.sum()), _error(d.sum(1)), _error(d.sum(0))


def _interval(a: Tensor, b: Tensor, times: float) -> Three:
    gap, seeds, images = _oracle(a, b)
    half = times * math.hypot(seeds, images)
    return gap, gap - half, gap + half


_ONE = {"root": lambda k: 1}


def _exchanged(order: tuple[int, int, int]) -> Callable[..., Three]:
    return lambda a, b: tuple(_oracle(a, b)[k] for k in order)


paired_gap = exercise(
    __name__,
    number="9.2",
    cases=_cases,
    oracle=_oracle,
    oracle_name="the counts of the images on which one network alone is wrong",
    misconceptions={
        "fraction": Misconception(
            "Your numbers are fractions. Give percentage points: multiply by 100.", _like(percent=1)
        ),
        "gap_only_in_points": Misconception(
            "Your gap is in percentage points, your standard errors are fractions: multiply them by 100, too.",
            _like(times=0.01),
        ),
        "sign": Misconception(
            "You give b − a, or you subtract the correct answers. The gap is a − b of the errors: positive where b makes "
            "fewer.",
            _like(sign=-1),
        ),
        "unpaired": Misconception(
            "You add the variances of both networks. They answer the same images with the same seeds, and what both share "
            "cancels in a − b: subtract first, then take ONE standard deviation.",
            _like(error=_unpaired),
            _like(error=_binomial),
            _like(error=_binomial_of_all),
            _like(error=lambda a, b, axis: _binomial(a, b, 0) if axis == 0 else _unpaired(a, b, 1)),
            _like(error=lambda a, b, axis: _binomial(a, b, 0) if axis == 0 else _error((a - b).mean(1))),
        ),
        "population_deviation": Misconception(
            "Your standard deviation divides by k. The mean comes from the same k numbers: divide by k − 1, as torch's "
            "`std` does, or numpy's with `ddof=1`.",
            _like(error=_spread(ddof=0)),
        ),
        "root_forgotten": Misconception(
            "You give standard deviations: how far ONE seed, or one image, is from the mean. The mean of k differs less: "
            "divide by √k.",
            _like(error=_spread(root=lambda k: 1)),
            _like(error=_spread(root=lambda k: 1, ddof=0)),
            *(
                _like(error=lambda a, b, axis, which=which: _spread(**({} if axis == which else _ONE))(a, b, axis))
                for which in (0, 1)
            ),
        ),
        "divided_by_k": Misconception(
            "You divide the standard deviation by k. Divide it by the ROOT of k.",
            _like(error=_spread(root=lambda k: k)),
        ),
        "variance": Misconception(
            "You give variances, in squared percentage points. Take their square roots.",
            lambda a, b: (_oracle(a, b)[0], _oracle(a, b)[1] ** 2, _oracle(a, b)[2] ** 2),
        ),
        "axes_exchanged": Misconception(
            "You exchanged seeds and images. Rows are seeds: average over the images (axis 1) to get one gap for each "
            "seed, and over the seeds (axis 0) to get one for each image.",
            _like(axes=(0, 1)),
        ),
        "pooled": Misconception(
            "You treat all S·N differences as independent. The answers to one image, and those of one seed, belong "
            "together: average over the other axis first.",
            _like(error=_pooled),
            _like(error=lambda a, b, axis: _pooled(a, b, axis) if axis == 0 else _error((a - b).mean(1))),
            _like(error=lambda a, b, axis: float((a - b).std()) / math.sqrt(a.shape[1 - axis])),
        ),
        "first_seed": Misconception(
            "Your standard error over the images uses the first seed alone. Average each image over the seeds first.",
            _like(error=_first_seed),
        ),
        "either": Misconception(
            "You count every image on which the networks differ, whichever is wrong. An image that only b gets wrong "
            "makes the gap smaller: keep the sign of a − b.",
            _like(of=torch.abs),
            _like(of=torch.abs, error=lambda a, b, axis: _error((a - b).abs().mean(axis))),
        ),
        "roots_exchanged": Misconception(
            "You divide by the root of the wrong number. S gaps of seeds are divided by √S, N gaps of images by √N.",
            _like(error=lambda a, b, axis: _spread(root=lambda k: 1)(a, b, axis) / math.sqrt(a.shape[axis])),
        ),
        "root_of_all": Misconception(
            "You divide by √(S·N). After averaging over the images there are S numbers, after averaging over the seeds N: "
            "divide by √S and √N.",
            _like(error=lambda a, b, axis: _spread(root=lambda k: 1)(a, b, axis) / math.sqrt(a.numel())),
        ),
        "not_averaged_first": Misconception(
            "You take standard deviations first and average them. Average a − b over the other axis first, then take ONE "
            "standard deviation.",
            *(
                _like(
                    error=lambda a, b, axis, ddof=ddof: (
                        float((a - b).std(1 - axis, correction=ddof).mean()) / math.sqrt(a.shape[1 - axis])
                    )
                )
                for ddof in (0, 1)
            ),
        ),
        "one_network": Misconception(
            "Your numbers, or your standard errors, are those of one network alone. Subtract the other one first: a − b.",
            _like(error=lambda a, b, axis: _error(a.mean(axis))),
            lambda a, b: _like()(a, torch.zeros_like(b)),
            lambda a, b: _like()(b, torch.zeros_like(a)),
        ),
        "counts": Misconception(
            "You count errors. Give means, in percentage points: divide by the number of answers, then multiply by 100.",
            _sums,
            lambda a, b: (100 * _sums(a, b)[0], *_oracle(a, b)[1:]),
            lambda a, b: (_sums(a, b)[0], *_oracle(a, b)[1:]),
        ),
        "interval_returned": Misconception(
            "You give the ends of an interval. Give the gap and the two standard errors.",
            lambda a, b: _interval(a, b, 1.96),
            lambda a, b: _interval(a, b, 2),
        ),
        "half_width": Misconception(
            "You give half widths of 95 % intervals. Give the standard errors themselves, without 1.96 or Student's t.",
            _like(times=1.96),
            _like(times=2),
            _like(error=lambda a, b, axis: _student(a.shape[1 - axis]) * _error((a - b).mean(axis))),
        ),
        "order_swapped": Misconception(
            "The numbers are correct but their order is not: give (gap, from_seeds, from_images).",
            *(_exchanged(order) for order in ((1, 2, 0), (2, 1, 0), (1, 0, 2), (2, 0, 1))),
        ),
        "sign_lost": Misconception(
            "You lose the sign of the gap. Where b makes more errors, a − b is negative.",
            lambda a, b: (abs(_oracle(a, b)[0]), *_oracle(a, b)[1:]),
        ),
        "root_of_too_few": Misconception(
            "You divide by √(k − 1). The k − 1 belongs into the standard deviation; the mean of k numbers needs √k.",
            _like(error=_spread(root=lambda k: math.sqrt(k - 1))),
        ),
        "combined": Misconception(
            "You combine the two standard errors, as for an interval. Give both: the one over the seeds, and the one over the images.",
            lambda a, b: (*_oracle(a, b)[:2], math.hypot(*_oracle(a, b)[1:])),
            lambda a, b: (_oracle(a, b)[0], *[math.hypot(*_oracle(a, b)[1:])] * 2),
        ),
        "relative": Misconception(
            "You divide by an error rate. Give percentage points: the plain difference a − b.",
            *(
                lambda a, b, of=of: tuple(part / float((a, b)[of].double().mean()) for part in _oracle(a, b))
                for of in (0, 1)
            ),
        ),
    },
    tolerance=1e-4,
)
