"""Functions as learners write them in chapter 10: correct, mistaken, and neither."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from stn_lib.exercises import ch10_house_numbers as check
from stn_lib.models import number_networks
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


def cost(c_in, c_out, kernel, height, width, first, slip=None):
    """As a learner writes it, with at most one slip."""
    weights = c_in * c_out * kernel * kernel
    if slip == "kernel_not_squared":
        weights = c_in * c_out * kernel
    if slip == "kernel_forgotten":
        weights = c_in * c_out
    if slip == "c_in_forgotten":
        weights = c_out * kernel**2
    if slip == "c_out_forgotten":
        weights = c_in * kernel**2
    if slip == "channels_added":
        weights = (c_in + c_out) * kernel**2
    if slip == "same_channels":
        weights = c_in**2 * kernel**2
    if slip == "counted_twice":
        weights *= 2
    if slip == "output_too_small":
        height, width = height - kernel + 1, width - kernel + 1
    places = {"parameters": 1, "one_side": width**2}.get(slip, height * width)
    forward = weights * places
    if slip == "biases_added":
        forward += c_out * places
    if slip == "forward_only":
        return forward
    if slip == "first_reversed":
        first = not first
    for_weights = 0 if slip == "a_part_missing" or (slip == "first_not_trained" and first) else weights * places
    for_input = 0 if slip == "never_input" or (first and slip != "always_input") else weights * places
    if slip == "backward_doubled":
        for_weights, for_input = 2 * for_weights, 2 * for_input
    return forward + for_weights + for_input


def cost_by_loop(c_in, c_out, kernel, height, width, first):
    """Correct, one output number at a time."""
    total = 0
    for _ in range(c_out * height * width):
        for _ in range(c_in):
            total += kernel**2
    return total * (3 - int(first))


def cost_by_shapes(c_in, c_out, kernel, height, width, first):
    """Correct, from the shapes of torch's own tensors, as a float."""
    with torch.random.fork_rng(devices=[]):
        layer = nn.Conv2d(c_in, c_out, kernel, padding="same")
    output = layer(torch.zeros(1, c_in, height, width))
    forward = output.numel() * layer.weight.numel() / c_out
    return forward + forward + (0 if first else forward)


def place(scores, slip=None):
    """As a learner writes it, with at most one slip."""
    count, height, width = scores.shape
    flat = scores.reshape(count, -1)
    weights = {
        "one_axis": lambda: torch.softmax(scores, dim=-1),
        "whole_batch": lambda: torch.softmax(scores.reshape(-1), 0),
        "across_maps": lambda: torch.softmax(scores, dim=0),
        "argmax": lambda: nn.functional.one_hot(flat.argmax(1), flat.shape[1]).double(),
        "no_softmax": lambda: flat / flat.sum(1, keepdim=True),
        "scores_as_weights": lambda: flat,
        "not_normalised": lambda: torch.exp(flat),
        "another_weight": lambda: flat.sigmoid() / flat.sigmoid().sum(1, keepdim=True),
        "lowest_score": lambda: torch.softmax(-flat, 1),
    }.get(slip, lambda: torch.softmax(flat, 1))()
    if slip == "sizes_exchanged":
        height, width = width, height
    weights = weights.reshape(count, height, width)

    def coordinates(side):
        j = torch.arange(side)
        return {
            "indices": lambda: j,
            "from_zero_to_one": lambda: (j + 0.5) / side,
            "corners_aligned": lambda: torch.linspace(-1, 1, side),
            "edges": lambda: 2 * j / side - 1,
            "centred_in_places": lambda: j - (side - 1) / 2,
            "one_size": lambda: (2 * j + 1) / width - 1,
        }.get(slip, lambda: (2 * j + 1) / side - 1)()

    y, x = torch.meshgrid(coordinates(height), coordinates(width), indexing="ij")
    if slip == "y_upwards":
        y = -y
    add = torch.mean if slip == "averaged_again" else torch.sum
    if slip == "softmax_of_sums":
        return torch.stack(
            [scores.sum(1).softmax(1) @ x[0].double(), scores.sum(2).softmax(1) @ y[:, 0].double()], dim=1
        )
    found = [add(weights * x, dim=(1, 2)), add(weights * y, dim=(1, 2))]
    return torch.stack(found[::-1] if slip == "order_swapped" else found, dim=1)


def place_by_loop(scores):
    """Correct, a place at a time, without torch's softmax."""
    rows = []
    for map_ in scores:
        height, width = map_.shape
        total, x, y = 0, 0, 0
        for i in range(height):
            for j in range(width):
                weight = torch.exp(map_[i, j])
                total = total + weight
                x = x + weight * (2 * (j + 0.5) / width - 1)
                y = y + weight * (2 * (i + 0.5) / height - 1)
        rows.append(torch.stack([x / total, y / total]))
    return torch.stack(rows)


def place_by_matrix(scores):
    """Correct: sums of columns and rows, times centres."""
    share = scores.flatten(1).softmax(-1).unflatten(1, scores.shape[1:])
    x, y = (torch.linspace(1 / n - 1, 1 - 1 / n, n, dtype=scores.dtype) for n in (scores.shape[2], scores.shape[1]))
    return torch.cat([share.sum(1) @ x[:, None], share.sum(2) @ y[:, None]], 1)


def place_of_library(scores):
    return number_networks.mean_place(scores.flatten(1), tuple(scores.shape[1:]))


def network(channels, height, width, slip=None):
    """As a learner writes it, with at most one slip."""
    inputs = {"without_channels": height * width, "without_size": channels * height, "square": channels * width**2}
    middle = 64 if slip == "other_width" else 32
    bias = slip != "no_bias"
    activation = nn.LeakyReLU if slip == "another_activation" else nn.ReLU
    first = [nn.Linear(inputs.get(slip, channels * height * width), middle, bias=bias), activation()]
    second = [nn.Linear(middle, 32, bias=bias), activation()]
    last = nn.Linear(32, 6)
    if slip == "no_relu":
        first.pop()
    if slip == "one_hidden":
        second = []
    if slip == "three_hidden":
        second += [nn.Linear(32, 32), nn.ReLU()]
    if slip == "no_hidden":
        first, second, last = [], [], nn.Linear(channels * height * width, 6)
    if slip == "norms":
        first.insert(1, nn.BatchNorm1d(32))
        second.insert(1, nn.BatchNorm1d(32))
    if slip == "all_zero":
        for layer in (first[0], second[0]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
    if slip not in ("weight_kept", "start_random"):
        nn.init.zeros_(last.weight)
    if slip == "bias_zero":
        nn.init.zeros_(last.bias)
    elif slip not in ("bias_kept", "start_random"):
        last.bias.data = torch.tensor([1.0, 0, 0, 0, 0, 1] if slip == "wrong_order" else [1.0, 0, 0, 0, 1, 0])
    if slip == "frozen":
        last.weight = nn.Parameter(last.weight.data, requires_grad=False)
    end = {"relu_last": [nn.ReLU()], "squashed": [nn.Tanh()]}.get(slip, [])
    return nn.Sequential(nn.Flatten(), *first, *second, last, *end)


class Localisation(nn.Module):
    """A correct network, as a class, with its layers declared from last to first."""

    def __init__(self, channels, height, width):
        super().__init__()
        self.theta = nn.Linear(32, 6)
        self.second = nn.Linear(32, 32)
        self.first = nn.Linear(channels * height * width, 32)
        with torch.no_grad():
            self.theta.weight.fill_(0)
            self.theta.bias.copy_(torch.eye(2, 3).flatten())

    def forward(self, maps):
        hidden = torch.relu(self.first(maps.reshape(len(maps), -1)))
        return self.theta(self.second(hidden).clamp(min=0))


class IdentityAdded(nn.Module):
    """A correct network that outputs the change from the identity, and adds it."""

    def __init__(self, channels, height, width):
        super().__init__()
        self.change = network(channels, height, width, slip="bias_zero")

    def forward(self, maps):
        return self.change(maps) + torch.tensor([1.0, 0, 0, 0, 1, 0])


def in_double(channels, height, width):
    return network(channels, height, width).double()


def lazy_network(channels, height, width):
    """Correct: the first layer finds the number of inputs by itself."""
    layers = [nn.Flatten(), nn.LazyLinear(32), nn.ReLU(inplace=True), nn.Linear(32, 32), nn.ReLU(inplace=True)]
    last = nn.Linear(32, 6)
    last.load_state_dict({"weight": torch.zeros(6, 32), "bias": torch.tensor([1.0, 0, 0, 0, 1, 0])})
    return nn.Sequential(*layers, last)


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
    "step_cost": Answers(
        correct=(cost, cost_by_loop, cost_by_shapes),
        mistaken=slips(cost, check.step_cost),
        unexplained=(
            lambda c_in, c_out, kernel, height, width, first: 0,
            lambda c_in, c_out, kernel, height, width, first: c_in * height * width,
            lambda c_in, c_out, kernel, height, width, first: 4 * cost(c_in, c_out, kernel, height, width, first),
        ),
    ),
    "mean_place": Answers(
        correct=(place, place_by_loop, place_by_matrix),
        mistaken=slips(place, check.mean_place)
        | {
            "no_gradient": (
                lambda scores: place(scores.detach()),
                lambda scores: np.array([[float(v) for v in point] for point in place(scores)]),
            ),
            "ready_made": place_of_library,
        },
        unexplained=(
            lambda scores: torch.zeros(len(scores), 2),
            lambda scores: place(scores)[:1].expand(len(scores), 2),
            lambda scores: place(scores / 3),
        ),
    ),
    "feature_transformer": Answers(
        correct=(network, Localisation, IdentityAdded, in_double, lazy_network),
        mistaken=slips(network, check.feature_transformer),
        unexplained=(
            lambda channels, height, width: nn.Sequential(
                nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 6)
            ),
            lambda channels, height, width: network(channels, height, width).forward,
            lambda channels, height, width: nn.Sequential(network(channels, height, width), nn.Unflatten(1, (2, 3))),
        ),
    ),
}
