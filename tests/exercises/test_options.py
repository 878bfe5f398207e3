"""The options of an exercise: an answer that must be differentiable, and ready-made functions that are forbidden."""

import math
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stn_lib import sampling
from stn_lib.exercises.framework import AUTOGRAD, SAMPLERS, Case, Exercise, Misconception, run
from stn_lib.exercises.framework.ready_made import watch


def exercise(oracle, cases, **fields):
    fields = {"misconceptions": {}} | fields
    return Exercise(name="f", number="0.1", cases=lambda g: cases, oracle=oracle, oracle_name="f", **fields)


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


POINTS = [Case({"a": numbers(0.3 * k, -1.0, 0.5), "b": numbers(2.0, 0.7, k)}) for k in range(1, 5)]
SINES = exercise(lambda a, b: a.sin() * b, POINTS, gradient=("a", "b"))
ANY = exercise(lambda a, b: a.sin() * b, POINTS)


def test_a_differentiable_answer_passes_in_any_style():
    def number_by_number(a, b):
        out = torch.zeros(3, dtype=torch.float64)
        for k in range(3):
            out[k] = torch.sin(a[k]) * b[k]
        return out

    def in_place(a, b):
        a.sin_()
        a *= b
        return a

    def in_a_list(a, b):
        return [torch.sin(x) * y for x, y in zip(a, b, strict=True)]

    def in_float32(a, b):
        return a.float().sin() * b.float()

    for function in (number_by_number, in_place, in_a_list, in_float32):
        assert run(SINES, function).passed, run(SINES, function)


@pytest.mark.parametrize(
    ("function", "cut"),
    [
        (lambda a, b: torch.tensor([math.sin(x.item()) * y.item() for x, y in zip(a, b, strict=True)]), ".item()"),
        (lambda a, b: a.detach().sin() * b.detach(), ".detach()"),
        (lambda a, b: a.data.sin() * b.data, ".data"),
        (
            lambda a, b: torch.tensor([math.sin(x) * y for x, y in zip(a.tolist(), b.tolist(), strict=True)]),
            ".tolist()",
        ),
        (lambda a, b: torch.tensor([x * y for x, y in zip(a.sin(), b, strict=True)]), "torch.tensor(…)"),
        (lambda a, b: [math.sin(x) * float(y) for x, y in zip(a, b, strict=True)], "float(…)"),
        (lambda a, b: np.sin(a.numpy()) * b.numpy(), ".numpy()"),
    ],
)
def test_a_cut_gradient_is_named_with_the_call_that_cuts_it(function, cut):
    assert run(ANY, function).passed
    result = run(SINES, function)
    assert (result.status, result.misconception, result.agreed) == ("failed", "no_gradient", 4)
    assert f"no gradient reaches `a`: it ends at `{cut}`" in repr(result)
    assert "expected, gradient with respect to a" in repr(result) and "<table" in result.html()


def test_without_grad_and_without_any_call_that_cuts():
    @torch.no_grad()
    def quiet(a, b):
        return a.sin() * b

    assert "it ends at `torch.no_grad()`" in repr(run(SINES, quiet))

    steps = exercise(lambda a, b: 2 * a, POINTS, gradient=("a",))
    table = {case.inputs["a"][0].item(): 2 * case.inputs["a"] for case in POINTS}
    result = run(steps, lambda a, b: next(v for k, v in table.items() if a[0] == k))
    assert "Rounding, comparisons and numbers that do not come from `a` have none." in repr(result)


def test_a_gradient_that_reaches_one_input_only():
    result = run(SINES, lambda a, b: a.sin() * b.detach())
    assert result.gradient_of == "b" and "no gradient reaches `b`: it ends at `.detach()`" in repr(result)


def test_a_gradient_with_the_wrong_numbers_is_shown_beside_the_correct_one():
    squares = exercise(lambda a, b: a.square(), POINTS, gradient=("a",))
    result = run(squares, lambda a, b: a * a.detach())
    assert "the gradient with respect to `a` is not: part of it may end at `.detach()`" in repr(result)
    assert torch.allclose(result.actual.value, result.expected / 2)
    assert "yours, gradient with respect to a" in repr(result)


def test_a_crash_with_a_gradient_only_shows_its_error():
    def crashes(a, b):
        if a.requires_grad:
            raise KeyError("a")
        return a.sin() * b

    assert "raises an error if `a` needs a gradient: KeyError: 'a'" in repr(run(SINES, crashes))


def test_numbers_can_need_a_gradient_and_floor_is_no_cut():
    cases = [Case({"image": numbers(1.0, 4.0, 2.0, 7.0), "x": x}) for x in (0.3, 1.6, 2.5, 0.0)]

    def correct(image, x):
        left = math.floor(x)
        return image[left] + (x - left) * (image[left + 1] - image[left])

    between = exercise(correct, cases, gradient=("image", "x"))
    assert run(between, correct).passed
    assert run(
        between,
        lambda image, x: image[math.floor(x) :][:2] @ torch.stack([1 - x % 1 + 0 * image[0], x % 1 + 0 * image[0]]),
    ).passed
    assert run(between, lambda image, x: correct(image, float(x))).gradient_of == "x"


def test_either_side_is_correct_at_a_kink():
    cases = [Case({"x": numbers(*values)}) for values in ((0.0,), (1.0,), (2.0,), (-1.0,))]
    magnitude = exercise(lambda x: x.abs(), cases, gradient=("x",))
    assert run(magnitude, lambda x: torch.where(x >= 0, x, -x)).passed


def test_a_kink_is_noticed_even_beside_a_steep_slope():
    cases = [Case({"x": numbers(*values)}) for values in ((0.0,), (1.0,), (2.0,), (-1.0,))]
    bent = exercise(lambda x: 100 * x + 0.3 * x.abs(), cases, gradient=("x",))
    assert run(bent, lambda x: 100 * x + 0.3 * torch.where(x >= 0, x, -x)).passed


def test_wrong_values_are_explained_before_the_gradient():
    tripled = {"tripled": Misconception("You tripled.", lambda a, b: 3 * a)}
    doubled = exercise(lambda a, b: 2 * a, POINTS, gradient=("a",), forbidden=SAMPLERS, misconceptions=tripled)
    assert run(doubled, lambda a, b: 3 * a.detach()).misconception == "tripled"
    assert doubled.names == {"tripled", "no_gradient", "ready_made"} and ANY.names == set()


def test_an_oracle_without_gradient_is_refused():
    with pytest.raises(ValueError, match="expected an oracle that is differentiable in"):
        run(exercise(lambda a, b: a.detach(), POINTS, gradient=("a",)), lambda a, b: a)


IMAGES = [Case({"image": torch.arange(6.0).double().reshape(1, 1, 2, 3) + k}) for k in range(4)]
GRID = torch.zeros(1, 1, 1, 2).double()


def middle(image):
    return image[..., 1].mean().reshape(1, 1, 1, 1)


def through_a_helper(image):
    return [F.grid_sample(part[None], GRID, align_corners=False)[0] for part in image]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda image: F.grid_sample(image, GRID, align_corners=False), "grid_sample"),
        (through_a_helper, "grid_sample"),
        (lambda image: torch.grid_sampler(image, GRID, 0, 0, False), "grid_sampler"),
        (lambda image: sampling.grid_sample(image, GRID), "grid_sample"),
    ],
)
def test_a_forbidden_sampler_is_noticed(function, name):
    scratch = exercise(middle, IMAGES, forbidden=(*SAMPLERS, sampling.grid_sample))
    assert run(exercise(middle, IMAGES), function).passed
    result = run(scratch, function)
    assert (result.status, result.misconception) == ("failed", "ready_made")
    assert f"calls the ready-made `{name}`, which the exercise asks you to do without" in repr(result)
    assert "<table" not in result.html()
    assert run(scratch, middle).passed


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.autograd.grad((v := x.clone().requires_grad_()).square().sum(), v)[0],
        lambda x: ((v := x.clone().requires_grad_()).square().sum().backward(), v.grad)[1],
        lambda x: torch.func.grad(lambda v: v.square().sum())(x),
        lambda x: torch.autograd.functional.jacobian(lambda v: v.square().sum(), x),
    ],
)
def test_forbidden_autograd_is_noticed(function):
    by_hand = exercise(lambda x: 2 * x, [Case({"x": numbers(k, 1.0)}) for k in range(4)], forbidden=AUTOGRAD)
    assert run(by_hand, function).misconception == "ready_made"
    assert run(by_hand, lambda x: 2 * x).passed


def test_watching_ends_with_the_call():
    before = sys.getprofile()
    with pytest.raises(KeyError), watch((F.grid_sample,)):
        raise KeyError
    assert sys.getprofile() is before
