"""Check `holds(theta, centres, extents, share)`: which windows hold which parts of an object.

Convention: a window holds a part if at least `share` of the area of the part's box is inside the window. Windows and
boxes are upright, in normalised coordinates; the half-sides of a window are on the diagonal of theta, its centre is the
translation. Neither need be square. Boxes are inside the image; windows may reach beyond it.

Args: theta: float64 (N, windows, 2, 3); centres: float64 (N, P, 2), of the parts' boxes, points (x, y); extents: float64
    (N, P, 2), half of their sides; share: from 0 to 1.
Returns: True or False for each image, window and part: (N, windows, P).

Example:
    >>> holds(lambda theta, centres, extents, share: theta[..., 2]).passed
    False
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer
from stn_lib.metrics import parts

Holds = Callable[[Tensor, Tensor, Tensor, float], Tensor]

#: Where a window is, relative to a part of its image. Each case has a window of each kind.
_KINDS = ("inside", "exact", "most", "both_axes", "near_centre", "small", "apart", "beside", "anywhere")
#: By share: how much of each side is in a window of which both sides seem to hold enough, but the area does not.
_SIDES = {0.5: 0.625, 0.75: 0.8125}
#: Numbers are multiples of 1 / `_CELLS`, so that float32 is exact, and so is the comparison with the share.
_CELLS = 256
_MARGIN = 0.03  # All other coverages differ from the share by this much.


def _cases(generator: torch.Generator) -> list[Case]:
    return [_case(generator, (0.5, 0.75)[k % 2], *((3, 2), (2, 2), (3, 3), (2, 3))[k % 4]) for k in range(12)]


def _case(g: torch.Generator, share: float, windows: int, count: int) -> Case:
    images = math.ceil(len(_KINDS) / windows)
    while True:
        extents = torch.randint(4, 10, (images, count, 2), generator=g) / 32
        extents[..., 1] += (extents[..., 0] == extents[..., 1]) / 32
        centres = _round((2 * torch.rand(extents.shape, generator=g) - 1) * (1 - extents), 64)
        # Kinds that are left over are "anywhere", the last one.
        order = torch.randperm(images * windows, generator=g).clamp(max=len(_KINDS) - 1).view(images, windows).tolist()
        exact = torch.zeros(images, windows, count, dtype=torch.bool)
        theta = torch.zeros(images, windows, 2, 3)
        for n, kinds in enumerate(order):
            for w, kind in enumerate(kinds):
                part = random_integer(g, 0, count - 1)
                middle, half = _window(g, _KINDS[kind], share, centres[n, part], extents[n, part])
                theta[n, w] = torch.cat([torch.diag(half), middle[:, None]], 1)
                exact[n, w, part] = _KINDS[kind] == "exact"
        coverage = _cover(*_overlaps(theta, centres, extents))
        if ((coverage - share).abs() > _MARGIN)[~exact].all():
            return Case({"theta": theta.double(), "centres": centres.double(), "extents": extents.double(),
                         "share": share})  # fmt: skip


def _round(numbers: Tensor, steps: int) -> Tensor:
    return (numbers * steps).round() / steps


def _window(g: torch.Generator, kind: str, share: float, centre: Tensor, extent: Tensor) -> tuple[Tensor, Tensor]:
    """Centre and half-sides of a window, slightly to much larger than the part, or smaller than it."""
    factor = (0.6, 0.2) if kind == "small" else (1.05, 1.35)
    half = _round(extent * (factor[0] + factor[1] * torch.rand(2, generator=g)), 64)
    side = 1.0 - 2 * torch.randint(2, (2,), generator=g)
    contained = _round((2 * torch.rand(2, generator=g) - 1) * (half - extent), 64)
    sides = {"exact": share, "most": (1 + share) / 2, "near_centre": 0.5625}.get(kind, _SIDES[share])
    partly = half + extent - 2 * extent * sides
    apart = half + extent * (3 + torch.randint(2, (2,), generator=g))
    first = torch.arange(2) == random_integer(g, 0, 1)
    offset = {
        "inside": contained,
        "small": contained,
        "exact": torch.where(first, side * partly, contained),
        "most": torch.where(first, side * partly, contained),
        "both_axes": side * partly,
        "near_centre": side * partly,
        "apart": side * apart,
        "beside": torch.where(first, side * apart, contained),
        "anywhere": _round(2 * torch.rand(2, generator=g) - 1, 64) - centre,
    }[kind]
    return centre + offset, half


def _oracle(theta: Tensor, centres: Tensor, extents: Tensor, share: float) -> Tensor:
    """Count the cells of a fine grid, along both axes, that are in a part's box, and in box and window."""
    cells = (torch.arange(2 * _CELLS, dtype=torch.float64) + 0.5) / _CELLS - 1
    window = (cells - theta[..., 2:]).abs() < theta[..., :2].diagonal(dim1=2, dim2=3)[..., None]
    box = (cells - centres[..., None]).abs() < extents[..., None]  # (N, P, 2, cells)
    both = (window[:, :, None] & box[:, None]).sum(4).prod(3)
    return both >= share * box.sum(3).prod(2)[:, None]


def _overlaps(theta: Tensor, centres: Tensor, extents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The sides of overlap (negative if there is none), part and window, each (N, windows or 1, P or 1, 2)."""
    half, middle = theta[..., :2].diagonal(dim1=2, dim2=3)[:, :, None], theta[..., 2][:, :, None]
    low = torch.maximum(middle - half, (centres - extents)[:, None])
    high = torch.minimum(middle + half, (centres + extents)[:, None])
    return high - low, 2 * extents[:, None], 2 * half


def _cover(overlap: Tensor, part: Tensor, window: Tensor) -> Tensor:
    return (overlap.clamp(min=0) / part).prod(3)


def _at_least(coverage: Tensor, share: float) -> Tensor:
    return coverage >= share


def _like(measure: Callable[..., Tensor] = _cover, compare: Callable[..., Tensor] = _at_least) -> Holds:
    """Whether a measure of overlap, part and window is large enough."""
    return lambda theta, centres, extents, share: compare(measure(*_overlaps(theta, centres, extents)), share)


def _area(sides: Tensor) -> Tensor:
    return sides.clamp(min=0).prod(3)


def _mapped(change: Callable[..., tuple[Tensor, Tensor, Tensor, Tensor]]) -> Holds:
    """The correct function of changed half-sides and centres: (half, middle, centres, extents)."""

    def holds(theta: Tensor, centres: Tensor, extents: Tensor, share: float) -> Tensor:
        half, middle, centres, extents = change(theta[..., [0, 1], [0, 1]], theta[..., 2], centres, extents)
        theta = torch.cat([torch.diag_embed(half), middle[..., None]], 3)
        return _like()(theta, centres, extents, share)

    return holds


def _centre_inside(theta: Tensor, centres: Tensor, extents: Tensor, share: float) -> Tensor:
    return ((centres[:, None] - theta[..., 2][:, :, None]).abs() <= theta[:, :, None, [0, 1], [0, 1]]).all(3)


def _window_centre_inside(theta: Tensor, centres: Tensor, extents: Tensor, share: float) -> Tensor:
    return ((centres[:, None] - theta[..., 2][:, :, None]).abs() <= extents[:, None]).all(3)


holds = exercise(
    __name__,
    number="11.3",
    cases=_cases,
    oracle=_oracle,
    oracle_name="counting the cells of a fine grid in each box and window",
    forbidden=(parts.part_coverage,),
    misconceptions={
        "iou": Misconception(
            "You divide by the union (IoU), or by the areas of both boxes. A window of fixed scale is larger than a part, so even a "
            "perfect one has a small IoU. Divide by the area of the PART's box alone.",
            _like(lambda o, p, w: _area(o) / (_area(p) + _area(w) - _area(o))),
            _like(lambda o, p, w: 2 * _area(o) / (_area(p) + _area(w))),
        ),
        "share_of_window": Misconception(
            "You compute how much of the WINDOW the part fills. Ask how much of the part is in the window: divide by the area "
            "of the part's box.",
            _like(lambda o, p, w: _area(o) / _area(w)),
        ),
        "centre_only": Misconception(
            "You test a centre only, so a window that shows half of a part would hold it. Compare areas: at least `share` of "
            "the part's box must be in the window.",
            _centre_inside,
            _window_centre_inside,
        ),
        "not_clamped": Misconception(
            "An overlap can be negative, and two negative sides multiply to a positive area: a window far away seems to "
            "hold the part. Clamp each side at 0 BEFORE you multiply.",
            _like(lambda o, p, w: (o / p).prod(3)),
            _like(lambda o, p, w: (o / p).abs().prod(3)),
        ),
        "strict": Misconception(
            "You ask for more than `share`. A part of which exactly this share is in the window is held: use >=, and add no "
            "small number to the area.",
            _like(compare=lambda coverage, share: coverage > share),
        ),
        "window_half_size": Misconception(
            "You take theta's scale for a whole side. It is half of one: the output runs from −1 to 1, so a window reaches "
            "from centre − s to centre + s.",
            _mapped(lambda half, middle, centres, extents: (half / 2, middle, centres, extents)),
        ),
        "part_half_size": Misconception(
            "You take `extents` for whole sides. They are half of them: a box reaches from centre − extent to centre + extent.",
            _mapped(lambda half, middle, centres, extents: (half, middle, centres, extents / 2)),
        ),
        "corner": Misconception(
            "You take a centre for a corner. Window and box reach equally far to both sides: from centre − half to "
            "centre + half.",
            _mapped(lambda half, middle, centres, extents: (half, middle + half, centres, extents)),
            _mapped(lambda half, middle, centres, extents: (half / 2, middle + half / 2, centres, extents)),
            _mapped(lambda half, middle, centres, extents: (half, middle, centres + extents, extents)),
            _mapped(lambda half, middle, centres, extents: (half, middle + half, centres + extents, extents)),
            _mapped(
                lambda half, middle, centres, extents: (half / 2, middle + half / 2, centres + extents / 2, extents / 2)
            ),
        ),
        "swapped": Misconception(
            "You exchanged x and y in one of the boxes. The first row of theta is about x, the second about y; so are the two "
            "numbers of `centres` and `extents`.",
            _mapped(lambda half, middle, centres, extents: (half, middle.flip(2), centres, extents)),
            _mapped(lambda half, middle, centres, extents: (half.flip(2), middle, centres, extents)),
            _mapped(lambda half, middle, centres, extents: (half.flip(2), middle.flip(2), centres, extents)),
            _mapped(lambda half, middle, centres, extents: (half, middle, centres, extents.flip(2))),
        ),
        "one_side": Misconception(
            "You use one half-side for both axes. A box need not be square: x has a half-side of its own, and so has y.",
            *(
                _mapped(lambda half, middle, centres, extents, k=k: (half[..., [k, k]], middle, centres, extents))
                for k in (0, 1)
            ),
            *(
                _mapped(lambda half, middle, centres, extents, k=k: (half, middle, centres, extents[..., [k, k]]))
                for k in (0, 1)
            ),
        ),
        "hull": Misconception(
            "By your answers, every window holds every part. Did you exchange minimum and maximum? The overlap begins at the "
            "LARGER of the two lower ends and ends at the SMALLER of the two upper ends.",
            _like(lambda o, p, w: ((p + w - o) / p).prod(3)),
        ),
        "each_axis": Misconception(
            "You compare the sides with `share`, one axis at a time. Compare the area: 0.8 of both sides is only 0.64 of it.",
            _like(lambda o, p, w: (o / p).amin(3)),
            _like(lambda o, p, w: (o / p).clamp(min=0).mean(3)),
            _like(lambda o, p, w: (o / p).mean(3)),
            _like(lambda o, p, w: (o / p).amax(3)),
            _like(lambda o, p, w: _area(o) ** 0.5 / _area(p) ** 0.5),
        ),
        "one_axis": Misconception(
            "You look at one axis only. A window may be above or beside the part: multiply the overlaps along x and y.",
            _like(lambda o, p, w: (o / p)[..., 0]),
            _like(lambda o, p, w: (o / p)[..., 1]),
        ),
        "completely": Misconception(
            "You ask for the whole part in the window. A share of its box is enough: compare with `share`.",
            _like(compare=lambda coverage, share: coverage >= 1),
        ),
        "share_fixed": Misconception(
            "You compare with a fixed number. Use the argument `share`.",
            *(_like(compare=lambda coverage, share, k=k: coverage >= k) for k in _SIDES),
        ),
        "any_overlap": Misconception(
            "You accept every window that overlaps the part. At least `share` of the part's box must be in it.",
            _like(compare=lambda coverage, share: coverage > 0),
        ),
        "not_divided": Misconception(
            "By your answers, no window holds any part. An area is a small number: divide it by that of the part's box, which "
            "is 4·a·b for half-sides a and b, before you compare it with `share`.",
            _like(lambda o, p, w: _area(o)),
        ),
        "area_of_extents": Misconception(
            "You divide by the product of the two extents. They are half-sides a and b: the area of the box is 4·a·b.",
            _like(lambda o, p, w: 4 * _area(o) / _area(p)),
        ),
        "inverse": Misconception(
            "You invert theta. It maps output to input, so the window is where it says: the translation is the centre, and the "
            "diagonal holds the half-sides.",
            _mapped(lambda half, middle, centres, extents: (1 / half, -middle / half, centres, extents)),
            _mapped(lambda half, middle, centres, extents: (half, -middle, centres, extents)),
        ),
        "negated": Misconception(
            "Your answers are exchanged: True must mean that the window holds the part.",
            _like(compare=lambda coverage, share: coverage < share),
            _like(compare=lambda coverage, share: coverage <= share),
        ),
        "coverage": Misconception(
            "You return how much of each part is in each window. Compare it with `share`, for True or False.",
            lambda theta, centres, extents, share: _cover(*_overlaps(theta, centres, extents)),
        ),
        "transposed": Misconception(
            "Your answers are correct, but windows and parts are exchanged. Return (N, windows, P).",
            lambda theta, centres, extents, share: _like()(theta, centres, extents, share).mT,
        ),
        "averaged": Misconception(
            "You count over the images. Give an answer for each image: (N, windows, P).",
            *(
                lambda theta, centres, extents, share, r=reduce: r(_like()(theta, centres, extents, share).double(), 0)
                for reduce in (torch.mean, torch.sum, torch.amax, torch.amin)
            ),
        ),
    },
)
