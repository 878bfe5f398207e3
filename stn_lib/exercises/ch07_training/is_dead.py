"""Check `is_dead(theta)`: whether a transformer is dead, that is, whether its theta is the same for every image.

Convention: theta is the same if each of its numbers has a standard deviation of at most 1e-4 over the images.

Args: theta: (N, 2, 3), the theta of N ≥ 2 different images.
Returns: True or False.

Example:
    >>> is_dead(lambda theta: bool((theta[0] == theta[1]).all())).misconception
    'two_images'
"""

import torch
from torch import Tensor

from stn_lib import metrics
from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer

_IDENTITY = torch.eye(2, 3, dtype=torch.float64)


def _noise(g: torch.Generator, *size: int) -> Tensor:
    """Numbers of a size from 0.5 to 1, of either sign."""
    signs = 2.0 * torch.randint(2, size, generator=g) - 1
    return signs * (0.5 + 0.5 * torch.rand(size, generator=g, dtype=torch.float64))


def _entries(*places: tuple[int, int]) -> Tensor:
    mask = torch.zeros(2, 3, dtype=torch.float64)
    for place in places:
        mask[place] = 1
    return mask


def _cases(generator: torch.Generator) -> list[Case]:
    g, found = generator, []
    for _ in range(3):
        n = random_integer(g, 4, 6)
        free = _IDENTITY + 0.3 * _noise(g, 2, 3)
        same = lambda theta, n=n: theta.expand(n, 2, 3).clone()  # noqa: E731
        ramp = torch.linspace(-1, 1, n, dtype=torch.float64)[:, None, None]
        spread = 0.2 * _noise(g, n, 2, 3).abs() * _noise(g, 2, 3).sign() * ramp
        balanced = spread - spread.mean(0)
        small = balanced[:, :1, :1] / balanced[:, 0, 0].std()
        one = torch.zeros(n, 1, 1, dtype=torch.float64)
        one[-1] = 1
        middle = one.roll(-random_integer(g, 1, n - 3), 0)
        angle = torch.linspace(-0.5, 0.5, n, dtype=torch.float64) * random_integer(g, 1, 2)
        rotations = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
        found += [
            same(_IDENTITY),
            same(0.93 * _IDENTITY),
            same(_IDENTITY) + 1e-7 * _noise(g, n, 2, 3),
            same(free) + 1e-6 * _noise(g, n, 2, 3),
            same(free)[:2],
            torch.stack([free.flatten().roll(k).view(2, 3) for k in range(n)]),
            same(torch.full((2, 3), 0.5, dtype=torch.float64)) + 1e-7 * _noise(g, n, 2, 3),
            same(free[:, :1].expand(2, 3)),
            same(free[:1].expand(2, 3)),
            torch.linspace(0.5, 1, n, dtype=torch.float64)[:, None, None].expand(n, 2, 3).clone(),
            same(free * (1 - _entries((1, 0), (1, 1)))),
            same(torch.zeros(2, 3, dtype=torch.float64)) + 1e-7 * _noise(g, n, 2, 3),
            same(_IDENTITY) + balanced,
            same(free) + spread,
            (same(free) + spread)[[0, -1]],
            same(free) + balanced * _entries((0, 2)),
            same(free) + balanced * _entries((1, 2)),
            same(_IDENTITY) + balanced * _entries((0, 0), (1, 1)),
            same(free) + 0.1 * balanced * _entries((0, 2), (1, 2)),
            same(_IDENTITY) + 0.2 * one * _noise(g, 2, 3),
            same(free) + 0.2 * middle * _noise(g, 2, 3),
            same(free) + 0.2 * one.flip(0) * _noise(g, 2, 3),
            same(free) + 0.2 * (1 - one) * _noise(g, 2, 3),
            torch.cat([rotations, free[:, 2:].expand(n, 2, 1)], 2),
            same(free) + balanced[:, :1, :1] * (_entries((0, 2)) - _entries((1, 2))),
            # alive by one number alone, although the mean of the six standard deviations is below 1e-4
            same(free) + 5.5e-4 * small * _entries((1, 1)),
            # dead, although the sum of the six standard deviations is above 1e-4
            same(free) + 1.8e-5 * balanced / balanced.std(0),
            # alive, with a variance below 1e-4
            same(free) + 8e-4 * balanced / balanced.std(0),
            same(free) + 5e-3 * balanced / balanced.std(0),
        ]
    return [Case({"theta": theta}) for theta in found]


def _dead(spread: Tensor, tolerance: float = 1e-4) -> bool:
    return bool((spread <= tolerance).all())


def _near(theta: Tensor, target: Tensor, tolerance: float = 1e-4) -> bool:
    return bool((theta - target).abs().max() <= tolerance)


def _determinant(theta: Tensor) -> Tensor:
    return torch.linalg.det(theta[:, :, :2])


is_dead = exercise(
    __name__,
    number="7.1",
    cases=_cases,
    oracle=metrics.is_dead,
    oracle_name="the library's `is_dead`",
    misconceptions={
        "inverted": Misconception(
            "You exchanged the answers: True means that the transformer is dead, so that all images have one theta.",
            lambda theta: not metrics.is_dead(theta),
        ),
        "no_tolerance": Misconception(
            "You test for equality. A dead transformer's theta still differs by rounding, in the seventh digit: compare "
            "the standard deviation with a small number such as 1e-4.",
            lambda theta: bool((theta == theta[0]).all()),
            lambda theta: bool((theta.std(0) == 0).all()),
        ),
        "identity_only": Misconception(
            "You ask whether theta is the identity. A dead transformer can be fixed at any theta, such as 0.93·I, and one "
            "whose theta is the identity on average can be alive. Ask how theta differs between the images.",
            lambda theta: _near(theta, _IDENTITY),
            lambda theta: _near(theta.mean(0), _IDENTITY),
            lambda theta: _near(theta[0], _IDENTITY),
        ),
        "small_theta": Misconception(
            "You ask whether theta is small. A dead transformer has a CONSTANT theta, which need not be near 0: look at "
            "the standard deviation over the images.",
            lambda theta: _near(theta, torch.zeros(2, 3)),
            lambda theta: _near(theta.mean(0), torch.zeros(2, 3)),
        ),
        "no_area": Misconception(
            "You ask whether the window has no area. That is a window that collapsed; a dead transformer can have a window "
            "of any size, the same for each image.",
            lambda theta: bool((_determinant(theta).abs() <= 1e-4).all()),
        ),
        "spread_of_all": Misconception(
            "You take ONE standard deviation of all numbers. The six numbers of theta differ from each other even in a "
            "dead transformer: take it over the images alone, `theta.std(0)`.",
            lambda theta: bool(theta.std() <= 1e-4),
        ),
        "wrong_axis": Misconception(
            "You look along the wrong axis, at how the numbers of ONE theta differ. Axis 0 counts the images: "
            "`theta.std(0)`.",
            lambda theta: _dead(theta.std(1)),
            lambda theta: _dead(theta.std(2)),
            lambda theta: _dead(theta.flatten(1).std(1)),
        ),
        "any_number": Misconception(
            "You call it dead as soon as ONE number of theta is constant. A transformer that only shifts is alive: all six "
            "must be constant.",
            lambda theta: bool((theta.std(0) <= 1e-4).any()),
            lambda theta: bool((theta == theta[0]).all(0).any()),
        ),
        "shift_only": Misconception(
            "You look at the shift alone, in the last column. A transformer that rotates or zooms, without a shift, is alive too.",
            lambda theta: _dead(theta[:, :, 2].std(0)),
            lambda theta: _dead(theta[:, 0, 2].std(0)),
            lambda theta: _dead(theta[:, 1, 2].std(0)),
        ),
        "matrix_only": Misconception(
            "You look at the first two columns alone, or at a part of them. A transformer that only shifts is alive too: look at "
            "all six numbers.",
            lambda theta: _dead(theta[:, :, :2].std(0)),
            lambda theta: _dead(theta[:, 0, 0].std(0)),
            lambda theta: _dead(theta.diagonal(dim1=1, dim2=2).std(0)),
        ),
        "area_only": Misconception(
            "You look at the window's area, or at its area and its shift. A rotation changes neither: look at all six "
            "numbers.",
            lambda theta: _dead(_determinant(theta).std(0)),
            lambda theta: _dead(_determinant(theta).std(0)) and _dead(theta[:, :, 2].std(0)),
        ),
        "angle_only": Misconception(
            "You look at the angle alone. A transformer that only shifts or zooms is alive too: look at all six numbers.",
            lambda theta: _dead(torch.atan2(theta[:, 1, 0], theta[:, 0, 0]).std(0)),
            lambda theta: _dead(torch.atan2(theta[:, 1, 0] - theta[:, 0, 1], theta[:, 0, 0] + theta[:, 1, 1]).std(0)),
        ),
        "length_only": Misconception(
            "You compare the lengths of the thetas. Different thetas can have one length, as a vector can be rotated: look "
            "at each number.",
            lambda theta: _dead(theta.flatten(1).norm(dim=1).std(0)),
        ),
        "spread_returned": Misconception(
            "You return the spread itself. Compare it with 1e-4, and return True if it is not larger.",
            *(
                lambda theta, ddof=ddof, over=over: float(over(theta.std(0, correction=ddof)))
                for ddof in (0, 1)
                for over in (torch.max, torch.mean, torch.sum)
            ),
        ),
        "two_images": Misconception(
            "You compare two images only. Two images can have one theta by chance: use all of them.",
            lambda theta: _near(theta[0], theta[1], 1e-4),
            lambda theta: bool((theta[0] == theta[1]).all()),
            lambda theta: _near(theta[0], theta[-1], 1e-4),
            lambda theta: _near(theta[-1], theta[-2], 1e-4),
        ),
        "signs_cancel": Misconception(
            "You answer True for every theta. Differences from the mean add up to 0, so their mean says nothing: square "
            "them, or take their magnitudes, before you average.",
            lambda theta: bool((theta - theta.mean(0)).mean().abs() <= 1e-4),
        ),
        "numbers_averaged": Misconception(
            "Your changes cancel, because you average numbers of theta before you measure their spread: one number can "
            "grow as another falls. Take the standard deviation of each number over the images.",
            lambda theta: _dead(theta.mean((1, 2)).std(0)),
        ),
        "spreads_averaged": Misconception(
            "You average the six standard deviations, or add them up. EACH of the six must be at most 1e-4: in a mean, five small "
            "ones hide a larger one.",
            lambda theta: bool(theta.std(0).sum() <= 1e-4),
            lambda theta: bool(theta.std(0).median() <= 1e-4),
            *(lambda theta, ddof=ddof: bool(theta.std(0, correction=ddof).mean() <= 1e-4) for ddof in (0, 1)),
        ),
        "threshold": Misconception(
            "You use another threshold. Compare the standard deviation itself, not its square (the variance), with 0.0001.",
            lambda theta: _dead(theta.std(0), 1e-3),
            lambda theta: _dead(theta.var(0)),
        ),
        "row_only": Misconception(
            "You look at one row of theta alone. A transformer that moves along the other axis is alive too: look at all six numbers.",
            lambda theta: _dead(theta[:, 0].std(0)),
            lambda theta: _dead(theta[:, 1].std(0)),
        ),
        "relative": Misconception(
            "You divide the standard deviation by the mean. Compare the standard deviation itself with 0.0001.",
            lambda theta: bool((theta.std(0) / theta.mean(0).abs() <= 1e-4).all()),
            lambda theta: bool((theta.std(0) / theta.mean(0) <= 1e-4).all()),
        ),
    },
    tolerance=1e-6,
)
