"""Functions as learners write them in chapter 10: correct, mistaken, and neither."""

import torch
from torch import nn

from stn_lib.exercises import ch10_house_numbers as check
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
}
