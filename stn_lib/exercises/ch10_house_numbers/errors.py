"""Check `errors(logits, labels)`: the error of places and the sequence error of networks that read numbers.

Convention: class 10 means "no digit". An empty place is a place like any other: a network that finds a digit there is
wrong. Both errors are fractions from 0 to 1.

Args: logits: float64 (N, P, 11), for N numbers of at most P digits; labels: int64 (N, P), digits on the left, then 10.
Returns: (error of places, sequence error): the share of the wrong places, and of the numbers with a wrong place.

Example:
    >>> errors(lambda logits, labels: (0.0, 0.0)).passed
    False
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer

Two = tuple[float, float]
Measure = Callable[[Tensor, Tensor], Tensor]  # (answers, labels), both (N, P): a number


def _cases(generator: torch.Generator) -> list[Case]:
    # With one place, an argmax over the places is compared with the labels: with several, it raises an error.
    return [_case(generator, places, k % 3) for k, places in enumerate((1, 2, 3, 3, 4, 4, 5, 5))]


def _case(g: torch.Generator, places: int, twice: int) -> Case:
    """Three numbers have a slip of their own; a fourth repeats that of number `twice`, or their counts would agree."""
    while True:
        count = random_integer(g, 6, 9)
        lengths = torch.randint(1, places + 1, (count,), generator=g)
        lengths[:4] = 1
        empty = torch.arange(places) >= lengths[:, None]
        labels = torch.randint(0, 10, (count, places), generator=g).masked_fill(empty, NO_DIGIT)
        answers = labels.clone()
        slip = torch.rand(count, places, generator=g) < 0.2
        answers[slip] = torch.randint(0, NO_DIGIT + 1, (int(slip.sum()),), generator=g)
        for k, which in enumerate((0, 1, 2, twice)):
            if which == 0:
                answers[k] = labels[k].roll(1)  # the digit is found, one place too far on the right
            elif which == 1 and places > 1:
                answers[k] = labels[k]
                answers[k, min(2, places - 1)] = random_integer(g, 0, 9)  # a digit at, or behind, the number's end
            elif which == 2 and places > 1:
                answers[k] = NO_DIGIT  # the digit is missed
        wrong = answers != labels
        if 0 < wrong.any(1).sum() < count and wrong[~empty].any():
            break
    logits = torch.randn(count, places, NO_DIGIT + 1, generator=g, dtype=torch.float64)
    best = logits.amax(2, keepdim=True) + 0.1 + torch.rand(count, places, 1, generator=g, dtype=torch.float64)
    return Case({"logits": logits.scatter(2, answers[..., None], best).round(decimals=2), "labels": labels})


def _oracle(logits: Tensor, labels: Tensor) -> Two:
    """Place by place, in plain Python."""
    wrong_places = wrong_numbers = places = 0
    for rows, row in zip(logits.tolist(), labels.tolist(), strict=True):
        found = sum(scores.index(max(scores)) != label for scores, label in zip(rows, row, strict=True))
        wrong_places, wrong_numbers, places = wrong_places + found, wrong_numbers + (found > 0), places + len(row)
    return wrong_places / places, wrong_numbers / len(labels)


def _share(flags: Tensor) -> Tensor:
    return flags.double().mean()


def _place(answers: Tensor, labels: Tensor) -> Tensor:
    return _share(answers != labels)


def _sequence(answers: Tensor, labels: Tensor) -> Tensor:
    return _share((answers != labels).any(1))


def _like(
    place: Measure = _place,
    sequence: Measure = _sequence,
    answer: Callable[[Tensor], Tensor] = lambda logits: logits.argmax(2),
) -> Callable[..., Tensor]:
    """Both errors; each option is a possible mistake."""

    def errors(logits: Tensor, labels: Tensor) -> Tensor:
        answers = answer(logits)
        return torch.stack([place(answers, labels), sequence(answers, labels)])

    return errors


def _digit_places(answers: Tensor, labels: Tensor) -> Tensor:
    return _share((answers != labels)[labels != NO_DIGIT])


def _digit_sequence(answers: Tensor, labels: Tensor) -> Tensor:
    return _share(((answers != labels) & (labels != NO_DIGIT)).any(1))


def _digits_of_all_places(answers: Tensor, labels: Tensor) -> Tensor:
    return _share((answers != labels) & (labels != NO_DIGIT))


def _digits_by_number(answers: Tensor, labels: Tensor) -> Tensor:
    holds = labels != NO_DIGIT
    return (((answers != labels) & holds).sum(1) / holds.sum(1).double()).mean()


def _claimed_places(answers: Tensor, labels: Tensor) -> Tensor:
    return _share((answers != labels)[answers != NO_DIGIT])


def _claimed_sequence(answers: Tensor, labels: Tensor) -> Tensor:
    return _share(((answers != labels) & (answers != NO_DIGIT)).any(1))


def _all(answers: Tensor, labels: Tensor) -> Tensor:
    return _share((answers != labels).all(1))


def _any_number(answers: Tensor, labels: Tensor) -> Tensor:
    return _share((answers != labels).any(0))


def _at(place: int) -> Measure:
    return lambda answers, labels: _share(answers[:, place] != labels[:, place])


def _decoded(read: Callable[[list[int]], list[int]]) -> Measure:
    """The share of numbers whose digits differ, after each row was decoded."""

    def sequence(answers: Tensor, labels: Tensor) -> Tensor:
        pairs = zip(answers.tolist(), labels.tolist(), strict=True)
        return _share(torch.tensor([read(answer) != read(label) for answer, label in pairs]))

    return sequence


def _without_gaps(row: list[int]) -> list[int]:
    return [digit for digit in row if digit != NO_DIGIT]


def _up_to_the_end(row: list[int]) -> list[int]:
    return row[: row.index(NO_DIGIT)] if NO_DIGIT in row else row


def _times(factor: float, measure: Measure) -> Measure:
    return lambda answers, labels: factor * measure(answers, labels)


def _less(measure: Measure) -> Measure:
    return lambda answers, labels: 1 - measure(answers, labels)


errors = exercise(
    __name__,
    number="10.1",
    cases=_cases,
    oracle=_oracle,
    oracle_name="counting wrong places and wrong numbers one by one",
    misconceptions={
        "wrong_axis": Misconception(
            "Your argmax is not over the classes. The logits are (N, P, 11): take it over the last axis, `logits.argmax(2)`.",
            _like(answer=lambda logits: logits.argmax(1)),
            _like(answer=lambda logits: logits.argmax(0)),
        ),
        "exchanged": Misconception(
            "Your two numbers are correct, but their order is not: give (error of places, sequence error).",
            _like(_sequence, _place),
        ),
        "place_error_twice": Misconception(
            "You give the error of places as the sequence error. ONE wrong place makes the whole number wrong: apply "
            "`any(1)` to each number before you take the mean.",
            _like(_place, _place),
        ),
        "sequence_error_twice": Misconception(
            "You give the sequence error as the error of places. For the first number, take the mean over all N·P places.",
            _like(_sequence, _sequence),
        ),
        "digits_only": Misconception(
            'You count only places whose label is a digit, so a digit too many is overlooked. "No digit" (10) is a class: '
            "count all P places.",
            _like(_digit_places, _digit_sequence),
            _like(_digit_places),
            _like(_place, _digit_sequence),
            _like(_digits_of_all_places, _digit_sequence),
            _like(_digits_of_all_places),
            _like(_digits_by_number, _digit_sequence),
            _like(_digits_by_number),
            _like(_digit_places, _digit_places),
        ),
        "claimed_digits_only": Misconception(
            "You leave out the places for which the network answers 10, so a digit that it misses is no error. Count all P "
            "places.",
            _like(_claimed_places, _claimed_sequence),
            _like(_claimed_places),
            _like(_place, _claimed_sequence),
        ),
        "ten_never_answered": Misconception(
            'You take the argmax over ten classes, so the network can never answer "no digit". Take it over all 11.',
            _like(answer=lambda logits: logits[..., :NO_DIGIT].argmax(2)),
        ),
        "all_places_wrong": Misconception(
            "You count a number as wrong only if ALL its places are wrong. One wrong place is enough: `any(1)`.",
            _like(_place, _all),
        ),
        "accuracy": Misconception(
            "You give the share of CORRECT answers. Give errors: 1 − accuracy, for both numbers.",
            _like(_less(_place), _less(_sequence)),
            _like(_less(_place), _less(_all)),
            _like(_less(_place)),
            _like(_place, _less(_sequence)),
        ),
        "per_cent": Misconception(
            "You give per cent. Give errors as fractions from 0 to 1: leave out the factor 100.",
            _like(_times(100, _place), _times(100, _sequence)),
            _like(_times(100, _place)),
            _like(_place, _times(100, _sequence)),
            _like(_times(100, _less(_place)), _times(100, _less(_sequence))),
        ),
        "counts": Misconception(
            "You count errors. Give shares: divide the wrong places by N·P, the wrong numbers by N.",
            _like(lambda a, b: (a != b).sum().double(), lambda a, b: (a != b).any(1).sum().double()),
            _like(lambda a, b: (a != b).sum().double()),
            _like(lambda a, b: (a != b).sum(1).double().mean()),
            _like(_place, lambda a, b: (a != b).sum(1).double().mean()),
            _like(_place, lambda a, b: (a != b).any(1).sum().double()),
        ),
        "divided_by_the_other": Misconception(
            "You divide by the wrong number. There are N·P places, but only N numbers.",
            _like(lambda a, b: _place(a, b) * a.shape[1], lambda a, b: _sequence(a, b) / a.shape[1]),
            _like(_place, lambda a, b: _sequence(a, b) / a.shape[1]),
        ),
        "any_number": Misconception(
            "Your sequence error asks of each PLACE whether any number is wrong there. Ask of each number: `any(1)`, along "
            "its places.",
            _like(_place, _any_number),
            _like(_sequence, _any_number),
            _like(_any_number),
        ),
        "independent": Misconception(
            "You compute the sequence error from error rates, as if places failed independently. A hard image has several "
            "wrong places: count the numbers instead.",
            _like(_place, lambda a, b: 1 - (1 - _place(a, b)) ** a.shape[1]),
            _like(_place, lambda a, b: 1 - (a == b).double().mean(0).prod()),
        ),
        "gaps_dropped": Misconception(
            "You leave out every 10 before you compare the digits, so a digit at the wrong place is no error. Compare place "
            "by place.",
            _like(_place, _decoded(_without_gaps)),
        ),
        "stopped_at_the_end": Misconception(
            "You compare the digits up to the first 10, so a digit behind it is no error. All P places count.",
            _like(_place, _decoded(_up_to_the_end)),
        ),
        "first_place": Misconception(
            "You look at one place of each number alone. The first error counts all P places; for the second, a number is "
            "wrong if ANY of its places is.",
            *(_like(_place, _at(place)) for place in (0, -1)),
            *(_like(_at(place)) for place in (0, -1)),
        ),
    },
)
