"""What holds for the checks of every chapter: each misconception is named when a learner's slip leads to it.

A chapter's own test module brings its table of mutants, written as a learner would write them, and its exercises.
"""

import pytest

from stn_lib.exercises import affine, grid, invariance, module, pooling, training
from stn_lib.exercises.frame import run
from tests.exercises import (
    test_exercise_affine,
    test_exercise_grid,
    test_exercise_invariance,
    test_exercise_module,
    test_exercise_pooling,
    test_exercise_training,
)

CHAPTERS = [
    (invariance, test_exercise_invariance),
    (pooling, test_exercise_pooling),
    (affine, test_exercise_affine),
    (grid, test_exercise_grid),
    (module, test_exercise_module),
    (training, test_exercise_training),
]
MUTANTS = [
    pytest.param(getattr(check, name), key, function, id=f"{name}-{key}")
    for check, of in CHAPTERS
    for name, table in of.TABLES.items()
    for key, function in table.items()
]
EXERCISES = [
    pytest.param(exercise, of.TABLES, id=f"{exercise.number}-{exercise.name}")
    for _, of in CHAPTERS
    for exercise in of.EXERCISES
]
CHECKS = [pytest.param(getattr(check, name), id=name) for check, of in CHAPTERS for name in of.TABLES]
SEEDS = range(5)


@pytest.mark.parametrize(("checker", "key", "function"), MUTANTS)
def test_a_misconception_is_named_on_any_seed(checker, key, function):
    for seed in SEEDS:
        result = checker(function, seed=seed)
        assert (result.passed, result.misconception) == (False, key), result


@pytest.mark.parametrize(("exercise", "tables"), EXERCISES)
def test_every_misconception_has_a_mutant(exercise, tables):
    assert {m.key for m in exercise.misconceptions} == set(tables[exercise.name])


@pytest.mark.parametrize(("exercise", "tables"), EXERCISES)
def test_no_two_misconceptions_are_one_and_each_wrong_function_is_named(exercise, tables):
    for misconception in exercise.misconceptions:
        for wrong in misconception.wrong:
            for seed in SEEDS:
                assert run(exercise, wrong, seed).misconception == misconception.key, wrong


def stub(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("checker", CHECKS)
def test_a_stub_waits(checker):
    assert checker(stub).status == "unanswered"
