"""Check `number_loss(logits, digits)`: the mean cross-entropy over all places of numbers of several lengths.

Convention: digits are on the left; every place behind the last digit is empty, and its class is 10.

Args: logits: float64 (N, P, 11); digits: N lists of 1 to P digits, such as [[3], [1, 7]].
Returns: the mean over all N·P places, one number. The gradient must reach the logits.

Example:
    >>> number_loss(lambda logits, digits: logits.mean()).passed
    False
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.data.digit_struct import NO_DIGIT
from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer

Digits = list[list[int]]


def _cases(generator: torch.Generator) -> list[Case]:
    return [_case(generator, places, k) for k, places in enumerate((2, 2, 3, 3, 4, 4, 5, 5))]


def _case(g: torch.Generator, places: int, k: int) -> Case:
    """All places of the longest number hold a digit in every second case, and always where there are two places."""
    count = random_integer(g, 2, 4)
    count += count >= places  # so that numbers and places are not exchanged unnoticed
    longest = places - (k % 2 if places > 2 else 0)
    lengths = [longest, random_integer(g, 1, longest - 1), *(random_integer(g, 1, longest) for _ in range(count - 2))]
    digits = [torch.randint(0, 10, (length,), generator=g).tolist() for length in lengths]
    logits = 2 * torch.randn(count, places, NO_DIGIT + 1, generator=g, dtype=torch.float64)
    return Case({"logits": logits.round(decimals=2), "digits": digits})


def _oracle(logits: Tensor, digits: Digits) -> Tensor:
    """Place by place: the logarithm of the sum of exponentials, less the logit of the correct class."""
    total = logits.new_zeros(())
    for places, row in zip(logits, digits, strict=True):
        for place, scores in enumerate(places):
            correct = row[place] if place < len(row) else NO_DIGIT
            total = total + scores.exp().sum().log() - scores[correct]
    return total / (logits.shape[0] * logits.shape[1])


def _on_the_left(row: list[int], places: int, fill: int) -> list[int]:
    return row + [fill] * (places - len(row))


def _on_the_right(row: list[int], places: int, fill: int) -> list[int]:
    return [fill] * (places - len(row)) + row


def _backwards(row: list[int], places: int, fill: int) -> list[int]:
    return _on_the_left(row[::-1], places, fill)


def _entropies(logits: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of each place, (N, P)."""
    return F.cross_entropy(logits.mT, labels, reduction="none")


def _over(axis: int) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda logits, labels: -logits.log_softmax(axis).gather(2, labels[..., None])[..., 0]


def _of_scores(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean of the labels' scores, with the wrong sign as a loss, where the cross-entropy belongs."""
    return lambda logits, labels: -change(logits).gather(2, labels[..., None])[..., 0]


def _reshaped(logits: Tensor, labels: Tensor) -> Tensor:
    return _entropies(logits.reshape(len(logits), logits.shape[2], logits.shape[1]).mT, labels)


def _squares(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits.softmax(2) - F.one_hot(labels, NO_DIGIT + 1)).square()


def _sigmoids(logits: Tensor, labels: Tensor) -> Tensor:
    wanted = F.one_hot(labels, NO_DIGIT + 1).double()
    return F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def _mean(losses: Tensor, lengths: Tensor) -> Tensor:
    return losses.mean()


def _holds(losses: Tensor, lengths: Tensor, more: int = 0) -> Tensor:
    return torch.arange(losses.shape[1]) < lengths[:, None] + more


def _digits_alone(losses: Tensor, lengths: Tensor) -> Tensor:
    return losses[_holds(losses, lengths)].mean()


def _like(
    mean: Callable[[Tensor, Tensor], Tensor] = _mean,
    losses: Callable[[Tensor, Tensor], Tensor] = _entropies,
    row: Callable[[list[int], int, int], list[int]] = _on_the_left,
    fill: int = NO_DIGIT,
) -> Callable[..., Any]:
    """The loss; each option is a possible mistake."""

    def number_loss(logits: Tensor, digits: Digits) -> Tensor:
        labels = torch.tensor([row(one, logits.shape[1], fill) for one in digits])
        return mean(losses(logits, labels), torch.tensor([len(one) for one in digits]))

    return number_loss


def _cut(logits: Tensor, digits: Digits, fill: int = NO_DIGIT) -> Tensor:
    """The places of the longest number of the batch alone."""
    return _like(fill=fill)(logits[:, : max(map(len, digits))], digits)


number_loss = exercise(
    __name__,
    number="10.2",
    cases=_cases,
    oracle=_oracle,
    oracle_name="the mean of log-sum-exp less the correct logit, place by place",
    gradient=("logits",),
    misconceptions={
        "empty_ignored": Misconception(
            'You leave out the empty places, so no place learns where a number ends. "No digit" is class 10, and counts in '
            "the mean like a digit.",
            _like(_digits_alone),
            _like(lambda losses, lengths: (losses * _holds(losses, lengths)).mean()),
            _like(lambda losses, lengths: ((losses * _holds(losses, lengths)).sum(1) / lengths).mean()),
            _like(lambda losses, lengths: (losses * _holds(losses, lengths)).sum()),
            _like(lambda losses, lengths: (losses * _holds(losses, lengths)).sum(1).mean()),
        ),
        "one_empty_place": Misconception(
            "You count one empty place behind each number and leave out the others. All P places count.",
            _like(lambda losses, lengths: losses[_holds(losses, lengths, 1)].mean()),
            _like(lambda losses, lengths: (losses * _holds(losses, lengths, 1)).mean()),
        ),
        "cut_to_the_longest": Misconception(
            "You leave out the places behind the longest number of the batch. Fill every row up to P = `logits.shape[1]`.",
            _cut,
        ),
        "filled_with_zero": Misconception(
            "You fill the empty places with 0, so 3 becomes 300: 0 is a digit. Fill with class 10.",
            _like(fill=0),
            lambda logits, digits: _cut(logits, digits, fill=0),
        ),
        "filled_with_nine": Misconception(
            "You fill the empty places with 9, which is a digit. The classes count from 0, so the last of the 11 is 10.",
            _like(fill=9),
        ),
        "first_place": Misconception(
            "Your loss looks at the first place of each number alone. Take the mean over all P places.",
            _like(lambda losses, lengths: losses[:, 0].mean()),
        ),
        "sum_over_places": Misconception(
            "You add up the places and average over the numbers. Take the mean over both: divide by N·P.",
            _like(lambda losses, lengths: losses.sum(1).mean()),
        ),
        "sum_over_numbers": Misconception(
            "You add up the numbers and average over the places. Take the mean over both: divide by N·P.",
            _like(lambda losses, lengths: losses.sum(0).mean()),
        ),
        "sum": Misconception(
            "You add up all losses, so the loss grows with the batch. Take the mean: divide by N·P.",
            _like(lambda losses, lengths: losses.sum()),
        ),
        "divided_by_digits": Misconception(
            "You divide by the number of digits. Empty places are in the sum, so divide by all N·P places.",
            _like(lambda losses, lengths: losses.sum() / lengths.sum()),
        ),
        "softmax_over_places": Misconception(
            "Your softmax is over the places, or over the numbers. Each place chooses one of 11 classes: take it over the "
            "last axis.",
            _like(losses=_over(1)),
            _like(losses=_over(0)),
        ),
        "softmax_twice": Misconception(
            "You apply softmax twice: `F.cross_entropy` contains it. Give it the logits themselves.",
            _like(losses=lambda logits, labels: _entropies(logits.softmax(2), labels)),
            _like(losses=lambda logits, labels: _entropies(logits.softmax(1), labels)),
        ),
        "aligned_right": Misconception(
            "You put the digits at the right end. The first digit belongs to place 0; the empty places follow.",
            _like(row=_on_the_right),
            _like(row=_on_the_right, fill=0),
        ),
        "backwards": Misconception(
            "You put the last digit first. Keep the order: the first digit belongs to place 0.",
            _like(row=_backwards),
            _like(row=lambda one, places, fill: _on_the_right(one[::-1], places, fill)),
        ),
        "reshaped": Misconception(
            "You reshape (N, P, 11) to (N, 11, P), which mixes the classes of several places. Exchange the axes: "
            "`logits.transpose(1, 2)`.",
            _like(losses=_reshaped),
        ),
        "softmax_forgotten": Misconception(
            "You take the logits for logarithms of probabilities. `F.nll_loss` needs `log_softmax` first; `F.cross_entropy` "
            "does both.",
            _like(losses=_of_scores(lambda logits: logits)),
        ),
        "log_forgotten": Misconception(
            "You average probabilities. The cross-entropy is −log of the correct class's probability: take `log_softmax`.",
            _like(losses=_of_scores(lambda logits: logits.softmax(2))),
            _like(losses=lambda logits, labels: 1 + _of_scores(lambda scores: scores.softmax(2))(logits, labels)),
        ),
        "mean_over_classes": Misconception(
            "Your mean divides by the 11 classes, too. Only one class of each place is correct: divide by N·P.",
            _like(lambda losses, lengths: losses.mean() / (NO_DIGIT + 1)),
        ),
        "sigmoids": Misconception(
            "You let each class answer yes or no by itself. The 11 classes of a place exclude each other: use softmax.",
            _like(losses=_sigmoids),
            _like(lambda losses, lengths: losses.sum(2).mean(), _sigmoids),
        ),
        "squares": Misconception(
            "You take squared differences of probabilities. The cross-entropy is −log of the correct class's probability.",
            _like(losses=_squares),
            _like(lambda losses, lengths: losses.sum(2).mean(), _squares),
        ),
    },
)
