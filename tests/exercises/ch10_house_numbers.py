"""Functions as learners write them in chapter 10: correct, mistaken, and neither."""

import numpy as np
import torch

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
}
