"""Functions as learners write them in chapter 10: correct, mistaken, and neither."""

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from stn_lib.exercises import ch10_house_numbers as check
from tests.exercises.answers import Answers, slips


def rates(logits, labels, slip=None):
    """With numpy, as a learner writes it, with at most one slip."""
    logits, labels = logits.numpy(), labels.numpy()
    if slip == "ten_never_answered":
        logits[:, :, 10] = -100
    answers = logits.argmax(-1)
    wrong = answers != labels
    if slip == "digits_only":
        wrong = np.ma.masked_array(wrong, labels == 10)
        return float(wrong.mean()), float((wrong.sum(1) > 0).mean())
    if slip == "claimed_digits_only":
        keep = answers < 10
        return wrong[keep].mean(), (wrong & keep).any(axis=1).mean()
    place, number = wrong.mean(), wrong.any(axis=1).mean()
    return {
        "exchanged": (number, place),
        "place_error_twice": (place, wrong.mean(axis=1).mean()),
        "sequence_error_twice": (number, number),
        "all_places_wrong": (place, wrong.all(axis=1).mean()),
        "accuracy": ((answers == labels).mean(), (answers == labels).all(axis=1).mean()),
        "per_cent": (100 * place, 100 * number),
        "counts": (float(wrong.sum()), float(wrong.any(axis=1).sum())),
        "divided_by_the_other": (place, wrong.any(axis=1).sum() / wrong.size),
        "any_number": (place, wrong.any(axis=0).mean()),
        "independent": (place, 1 - (1 - place) ** labels.shape[1]),
        "first_place": (place, wrong[:, 0].mean()),
    }.get(slip, (place, number))


def as_text(logits, labels, stop=False, drop=False):
    """Each number as a string of characters; with `drop`, without "A" for an empty place; with `stop`, up to it."""

    def text(row):
        whole = "".join("0123456789A"[k] for k in row)
        return whole.split("A")[0] if stop else whole.replace("A", "") if drop else whole

    answers = logits.max(dim=2).indices
    different = [text(a) != text(b) for a, b in zip(answers, labels, strict=True)]
    return (answers != labels).float().mean(), sum(different) / len(labels)


def by_agreement(logits, labels):
    same = logits.topk(1).indices.squeeze(-1) == labels
    return 1 - same.double().mean(), 1 - same.all(dim=-1).double().mean()


def by_product(logits, labels):
    """A number is correct if the product of its places is 1."""
    same = torch.softmax(logits, 2).argmax(2).eq(labels).long()
    return torch.stack([1 - same.float().mean(), 1 - same.prod(1).float().mean()])


def in_loops(logits, labels):
    places, numbers = [], 0
    for n in range(len(labels)):
        before = sum(places)
        for p in range(labels.shape[1]):
            places.append(int(torch.argmax(logits[n, p]) != labels[n, p]))
        numbers += sum(places) > before
    return sum(places) / len(places), numbers / len(labels)


def by_equal(logits, labels):
    answers = logits.argmax(dim=-1)
    wrong = [not torch.equal(a, b) for a, b in zip(answers, labels, strict=True)]
    return [(answers - labels).count_nonzero().item() / labels.numel(), float(np.mean(wrong))]


def by_largest(logits, labels):
    wrong = (logits.flip(1).argmax(2).flip(1) != labels).float()
    return wrong.mean(), wrong.amax(1).mean()


def over_places(logits, labels):
    wrong = logits.argmax(1) != labels
    return wrong.float().mean(), wrong.any(1).float().mean()


def over_places_by_max(logits, labels):
    same = logits.max(1)[1] == labels
    return 1 - same.double().mean(), 1 - same.all(1).double().mean()


def missed_digits(logits, labels):
    """Places at which a digit was found where there is none, or none where there is one."""
    wrong = (logits.argmax(2) == 10) != (labels == 10)
    return wrong.float().mean(), wrong.any(1).float().mean()


def two_wrong(logits, labels):
    wrong = logits.argmax(2) != labels
    return wrong.float().mean(), (wrong.sum(1) >= 2).float().mean()


def smallest(logits, labels):
    wrong = logits.argmin(2) != labels
    return wrong.float().mean(), wrong.any(1).float().mean()


def given_digits(logits, labels):
    holds = labels != 10
    wrong = (logits.argmax(2) != labels) & holds
    return wrong.sum() / holds.sum(), wrong.any(1).float().mean()


def mean_of_rows(logits, labels):
    wrong = (logits.argmax(2) != labels).double()
    return wrong.mean(), wrong.mean(1).mean()


def loss(logits, digits, slip=None):
    """As a learner writes it, with at most one slip."""
    n, p, _ = logits.shape
    labels = torch.full((n, p), {"filled_with_zero": 0, "filled_with_nine": 9, "empty_ignored": -100}.get(slip, 10))
    for k, row in enumerate(digits):
        row = row[::-1] if slip == "backwards" else row
        if slip == "aligned_right":
            labels[k, p - len(row) :] = torch.tensor(row)
        else:
            labels[k, : len(row)] = torch.tensor(row)
        if slip == "one_empty_place":
            labels[k, len(row) + 1 :] = -100
    if slip == "cut_to_the_longest":
        longest = max(len(row) for row in digits)
        logits, labels = logits[:, :longest], labels[:, :longest]
    if slip == "first_place":
        return F.cross_entropy(logits[:, 0], labels[:, 0])
    if slip == "softmax_twice":
        logits = logits.softmax(-1)
    if slip == "softmax_over_places":
        return F.nll_loss(logits.log_softmax(1).flatten(0, 1), labels.flatten())
    if slip == "softmax_forgotten":
        return F.nll_loss(logits.flatten(0, 1), labels.flatten())
    if slip == "log_forgotten":
        return F.nll_loss(logits.softmax(-1).flatten(0, 1), labels.flatten())
    if slip == "reshaped":
        return F.cross_entropy(logits.reshape(n, 11, p), labels)
    wanted = F.one_hot(labels.clamp(min=0), 11).double()
    if slip == "mean_over_classes":
        return -(wanted * logits.log_softmax(-1)).mean()
    if slip == "sigmoids":
        return torch.nn.BCEWithLogitsLoss()(logits, wanted)
    if slip == "squares":
        return F.mse_loss(logits.softmax(-1), wanted)
    total = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
    return total / {
        "sum": 1,
        "sum_over_places": n,
        "sum_over_numbers": p,
        "divided_by_digits": sum(map(len, digits)),
        "empty_ignored": sum(map(len, digits)),
        "one_empty_place": max(1, int((labels >= 0).sum())),
    }.get(slip, n * p)


def filled_in_place(logits, digits, fill=10):
    for row in digits:
        while len(row) < logits.shape[1]:
            row.append(fill)
    return F.cross_entropy(logits.permute(0, 2, 1), torch.tensor(digits))


def ignored_in_place(logits, digits):
    return filled_in_place(logits, digits, fill=-100)


def place_by_place(logits, digits):
    losses = []
    for p in range(logits.shape[1]):
        labels = torch.tensor([row[p] if p < len(row) else 10 for row in digits])
        losses.append(F.cross_entropy(logits[:, p], labels))
    return sum(losses) / len(losses)


def by_mask(logits, digits):
    """Class 10 is the last one: an index of -1 finds it."""
    chances = torch.softmax(logits, dim=2)
    kept = [chances[n, p, (row + [-1] * logits.shape[1])[p]] for n, row in enumerate(digits)
            for p in range(logits.shape[1])]  # fmt: skip
    return -torch.stack(kept).log().mean()


def by_padding(logits, digits, longest=False):
    rows = [torch.tensor(row) for row in digits]
    if not longest:
        rows.append(torch.zeros(logits.shape[1], dtype=torch.long))
    labels = pad_sequence(rows, batch_first=True, padding_value=10)[: len(digits)]
    return torch.nn.CrossEntropyLoss()(logits[:, : labels.shape[1]].reshape(-1, 11), labels.reshape(-1))


def by_one_hot(logits, digits):
    wanted = torch.zeros_like(logits)
    wanted[:, :, 10] = 1
    for n, row in enumerate(digits):
        wanted[n, range(len(row)), 10] = 0
        wanted[n, range(len(row)), row] = 1
    return F.cross_entropy(logits.mT, wanted.mT)


def log_softmax_twice(logits, digits):
    """Correct: the second one changes nothing."""
    return loss(logits.log_softmax(2), digits)


def without_gradient(logits, digits):
    return loss(logits, digits).item()


def number_by_number(logits, digits):
    """The mean of each number's own mean over its digits."""
    means = [F.cross_entropy(rows[: len(row)], torch.tensor(row)) for rows, row in zip(logits, digits, strict=True)]
    return torch.stack(means).mean()


def last_digit_repeated(logits, digits):
    return loss(logits, [row + row[-1:] * (logits.shape[1] - len(row)) for row in digits])


def smoothed(logits, digits):
    labels = torch.tensor([row + [10] * (logits.shape[1] - len(row)) for row in digits])
    return F.cross_entropy(logits.mT, labels, label_smoothing=0.1)


ANSWERS = {
    "errors": Answers(
        correct=(rates, as_text, by_agreement, by_product, in_loops, by_equal, by_largest),
        mistaken=slips(rates, check.errors)
        | {
            "wrong_axis": (over_places, over_places_by_max),
            "gaps_dropped": lambda logits, labels: as_text(logits, labels, drop=True),
            "stopped_at_the_end": lambda logits, labels: as_text(logits, labels, stop=True),
            "place_error_twice": mean_of_rows,
            "digits_only": (given_digits, lambda logits, labels: rates(logits, labels, "digits_only")),
        },
        unexplained=(missed_digits, two_wrong, smallest, lambda logits, labels: (0.5, 0.5)),
    ),
    "number_loss": Answers(
        correct=(loss, filled_in_place, place_by_place, by_mask, by_padding, by_one_hot, log_softmax_twice),
        mistaken=slips(loss, check.number_loss)
        | {
            "empty_ignored": (
                lambda logits, digits: loss(logits, digits, "empty_ignored"),
                ignored_in_place,
                number_by_number,
            ),
            "filled_with_zero": (
                lambda logits, digits: loss(logits, digits, "filled_with_zero"),
                lambda logits, digits: filled_in_place(logits, digits, fill=0),
            ),
            "cut_to_the_longest": lambda logits, digits: by_padding(logits, digits, longest=True),
            "no_gradient": without_gradient,
        },
        unexplained=(
            last_digit_repeated,
            smoothed,
            lambda logits, digits: -loss(logits, digits),
            lambda logits, digits: logits.mean(),
        ),
    ),
}
