"""What a result says about wrong answers that no misconception explains, but that have something in common."""

import pytest
import torch

from stn_lib.exercises.framework import Case, Exercise, Misconception, run

PAIRS = [Case({"x": torch.tensor([float(k), 3.0 - k, k * k]).double()}) for k in range(1, 6)]
TABLES = [Case({"x": torch.arange(6.0).double().reshape(2, 3) * k}) for k in range(1, 6)]
SQUARES = [Case({"x": torch.arange(9.0).double().reshape(3, 3) * k}) for k in range(1, 6)]


def exercise(cases, **fields):
    fields = {"misconceptions": {}, "oracle": lambda x: x} | fields
    return Exercise(name="f", number="0.1", cases=lambda g: cases, oracle_name="f", **fields)


def changed(x, change):
    out = x.clone()
    change(out)
    return out


@pytest.mark.parametrize(
    ("cases", "function", "sentence"),
    [
        (PAIRS, lambda x: 100 * x, "In every case, your numbers are 100 times the correct ones."),
        (TABLES, lambda x: -x / 2, "In every case, your numbers are −0.5 times the correct ones."),
        (PAIRS, lambda x: -x, "Every number has the wrong sign, and is correct otherwise."),
        (PAIRS, lambda x: x + 1, "In every case, each of your numbers is 1 too large."),
        (TABLES, lambda x: x - 0.25, "In every case, each of your numbers is 0.25 too small."),
        (PAIRS, lambda x: x.flip(0), "In every case, your numbers are correct, but in reverse order."),
        (SQUARES, lambda x: x.T, "In every case, your numbers are correct, but rows and columns are exchanged."),
        (PAIRS, lambda x: changed(x, lambda v: v[1:2].mul_(3)), "In every case only this is wrong: number 2."),
        (
            TABLES,
            lambda x: changed(x, lambda v: v[:, 2].square_()),
            "In every case only this is wrong: row 0, column 2; row 1, column 2.",
        ),
        (PAIRS, lambda x: torch.zeros(3), "Your answer is the same in every case: does it depend on the inputs?"),
    ],
)
def test_a_common_pattern_is_described(cases, function, sentence):
    result = run(exercise(cases), function)
    assert (result.status, result.misconception, result.notes()[0]) == ("failed", None, sentence)
    assert run(exercise(cases), lambda x: x).passed


def test_a_number_that_never_changes():
    largest = exercise(PAIRS, oracle=lambda x: x.max())
    assert run(largest, lambda x: 0.5).notes()[0] == "Your answer is 0.5 in every case: does it depend on the inputs?"


@pytest.mark.parametrize("function", [lambda x: x.square() + x, lambda x: x * torch.tensor([1.0, 2.0, 3.0]) + 1])
def test_without_a_pattern_nothing_is_added(function):
    assert run(exercise(PAIRS), function).notes()[0].endswith("cases agree with f.")


def test_a_misconception_comes_first():
    doubled = {"doubled": Misconception("You doubled it.", lambda x: 2 * x)}
    assert run(exercise(PAIRS, misconceptions=doubled), lambda x: 2 * x).notes()[0] == "You doubled it."


def test_correct_core_cases_are_said_to_be_correct():
    cases = [Case(case.inputs, is_core=k != 2) for k, case in enumerate(PAIRS)]
    inside = exercise(cases, core_name="Inside the image")
    wrong = run(inside, lambda x: x if x[0] != 3 else 7 * x)
    assert wrong.notes()[0] == "Inside the image, all your answers are correct: only the other cases fail."
    assert "Inside" not in run(inside, lambda x: x if x[0] != 1 else 7 * x).notes()[0]
