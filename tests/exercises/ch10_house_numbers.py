"""Functions as learners write them in chapter 10: correct, mistaken, and neither."""

import numpy as np
import torch
from torch import nn

from stn_lib.exercises import ch10_house_numbers as check
from stn_lib.models import number_networks
from tests.exercises.answers import Answers, slips


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
