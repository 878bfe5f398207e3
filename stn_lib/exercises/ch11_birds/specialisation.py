"""Check `specialisation(held)`: whether each part has a window of its own, the same one in all images.

Convention: of all ways to give each part a window of its own, the one with the largest mean share of held parts counts.
There are at least as many windows as parts.

Args: held: bool (N, windows, P), True where a window holds a part.
Returns: A number from 0 to 1: the mean over parts of the share of images in which the part's own window holds it.

Example:
    >>> specialisation(lambda held: held.double().mean()).misconception
    'mean_of_all'
"""

from collections.abc import Callable, Iterable
from itertools import combinations, permutations

import torch
from torch import Tensor

from stn_lib import metrics
from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer

Chosen = Iterable[tuple[int, ...]]
#: (windows, parts) of the cases.
_SIZES = ((2, 2), (3, 2), (3, 3), (4, 3), (3, 2), (4, 2), (3, 3), (2, 2), (4, 3), (4, 2))


def _cases(generator: torch.Generator) -> list[Case]:
    return [_case(generator, windows, count) for windows, count in _SIZES]


def _case(g: torch.Generator, windows: int, count: int) -> Case:
    """In how many images a window holds a part is drawn until no shortcut finds the best assignment."""
    images = random_integer(g, 6, 9)
    while True:
        counts = torch.randint(0, images + 1, (windows, count), generator=g)
        shares = counts.double() / images
        others = [_greedy, _in_turn, _diagonal, _any_window, _by_window, _mean]
        if counts.amin() < images and all(abs(float(f(shares)) - float(_best(shares))) > 0.01 for f in others):
            break
    order = torch.rand(images, windows, count, generator=g).argsort(0)
    return Case({"held": order < counts})


def _oracle(held: Tensor) -> float:
    """scipy's solution of the assignment problem, which tries no assignment one by one."""
    from scipy.optimize import linear_sum_assignment  # not above: it takes longer to import than all exercises

    counts = held.sum(0).numpy()
    windows, parts = linear_sum_assignment(counts, maximize=True)
    return counts[windows, parts].sum() / (held.shape[0] * held.shape[2])


def _mean_shares(shares: Tensor, chosen: Chosen) -> Tensor:
    """The mean over parts, for each assignment."""
    parts = torch.arange(shares.shape[1])
    return torch.stack([shares[list(windows), parts].mean() for windows in chosen])


def _all_assignments(shares: Tensor) -> Chosen:
    return permutations(range(shares.shape[0]), shares.shape[1])


def _best(shares: Tensor) -> Tensor:
    return _mean_shares(shares, _all_assignments(shares)).amax()


def _greedy(shares: Tensor) -> Tensor:
    """The best pair first, then the best of the rest."""
    rest, total = shares.clone(), 0.0
    for _ in range(shares.shape[1]):
        window, part = divmod(int(rest.argmax()), rest.shape[1])
        total += rest[window, part]
        rest[window] = rest[:, part] = -1
    return total / shares.shape[1]


def _in_turn(shares: Tensor) -> Tensor:
    """The first part chooses its window, then the second."""
    rest, total = shares.clone(), 0.0
    for part in range(shares.shape[1]):
        window = int(rest[:, part].argmax())
        total += rest[window, part]
        rest[window] = -1
    return total / shares.shape[1]


def _diagonal(shares: Tensor) -> Tensor:
    return shares.diagonal().mean()


def _any_window(shares: Tensor) -> Tensor:
    return shares.amax(0).mean()


def _by_window(shares: Tensor) -> Tensor:
    return shares.amax(1).mean()


def _mean(shares: Tensor) -> Tensor:
    return shares.mean()


def _like(measure: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A measure of the shares (windows, P) of the images in which a window holds a part."""
    return lambda held: measure(held.double().mean(0))


def _at_once(held: Tensor) -> Tensor:
    """The share of images in which all parts are in their own windows, of the best assignment."""
    parts = torch.arange(held.shape[2])
    chosen = permutations(range(held.shape[1]), held.shape[2])
    return torch.stack([held[:, list(windows), parts].all(1).double().mean() for windows in chosen]).amax()


specialisation = exercise(
    __name__,
    number="11.4",
    cases=_cases,
    oracle=_oracle,
    oracle_name="scipy's solution of the assignment problem",
    forbidden=(metrics.specialisation,),
    misconceptions={
        "same_window": Misconception(
            "Each part takes its best window, so that one window may serve two parts. Give each part a window of its own: "
            "try all assignments, `permutations(range(windows), parts)`.",
            _like(_any_window),
        ),
        "any_window": Misconception(
            "You ask whether ANY window holds the part. Windows specialise if it is the same one in all images: average over "
            "the images first, then choose windows.",
            lambda held: held.any(1).double().mean(),
        ),
        "by_image": Misconception(
            "You choose another assignment in each image, so a window may hold the head here and the body there. Average over "
            "the images first, then choose ONE assignment.",
            lambda held: torch.stack([_best(image.double()) for image in held]).mean(),
        ),
        "at_once": Misconception(
            "You count the images in which ALL parts are in their windows. Take the share of images for each part, then the "
            "mean over the parts.",
            _at_once,
        ),
        "mean_of_all": Misconception(
            "You average over all windows. It does not show who holds what: windows that exchange their parts in every "
            "image give the same number. Choose the best assignment.",
            _like(_mean),
        ),
        "given_order": Misconception(
            "You give window k to part k. No label says which part a window should find: try all assignments, and take the best.",
            _like(_diagonal),
        ),
        "greedy": Misconception(
            "You take the best window first, then the best of the rest. An early choice can leave a bad window for the last "
            "part: compare whole assignments.",
            _like(_greedy),
            _like(_in_turn),
        ),
        "part_of_each_window": Misconception(
            "You give each window its best part. Go the other way: each PART needs a window, and windows may be left over.",
            _like(_by_window),
        ),
        "first_windows": Misconception(
            "You leave windows out: with P parts you try the first P windows only. Choose P of ALL windows: "
            "`permutations(range(windows), parts)`.",
            _like(lambda shares: _best(shares[: shares.shape[1]])),
        ),
        "one_order": Misconception(
            "You choose windows, but give them to the parts in one order only. `combinations` forgets the order: use "
            "`permutations`.",
            _like(lambda s: _mean_shares(s, combinations(range(s.shape[0]), s.shape[1])).amax()),
        ),
        "of_all_parts": Misconception(
            "You choose windows, but average each of them over ALL parts. Take the share of each window for its own part: "
            "`shares[window, part]`.",
            _like(lambda s: torch.stack([s[list(windows)].mean() for windows in _all_assignments(s)]).amax()),
        ),
        "best_pair": Misconception(
            "You give the best share of one window and one part. Give the mean over all parts, each with its own window.",
            _like(torch.amax),
        ),
        "worst": Misconception(
            "You take the worst assignment. Take the one with the LARGEST mean share.",
            _like(lambda shares: _mean_shares(shares, _all_assignments(shares)).amin()),
        ),
        "not_divided": Misconception(
            "You add the shares of the parts. Divide by the number of parts, for a number from 0 to 1.",
            _like(lambda shares: _best(shares) * shares.shape[1]),
        ),
        "divided_by_windows": Misconception(
            "You divide by the number of windows. Windows may be left over: divide by the number of PARTS.",
            _like(lambda shares: _best(shares) * shares.shape[1] / shares.shape[0]),
        ),
        "counts": Misconception(
            "You count images. Give a share: divide by their number.",
            lambda held: _best(held.double().sum(0)),
            lambda held: _best(held.double().sum(0)) * held.shape[2],
        ),
        "weakest_part": Misconception(
            "You give the share of the part that is held least often. Give the mean over the parts.",
            _like(lambda s: torch.stack([s[list(w), torch.arange(len(w))].amin() for w in _all_assignments(s)]).amax()),
        ),
        "above_chance": Misconception(
            "You subtract a chance level. Return the share itself; compare it with its chance level afterwards.",
            _like(lambda shares: _best(shares) - shares.mean()),
        ),
    },
)
