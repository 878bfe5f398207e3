"""The exercise about choosing a learning rate: by the validation error, and what may be reported afterwards.

Convention: errors are in per cent, so the least is the best. The oracle is the run with the least validation error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_integer
from stn_lib.exercises.frame import Exercise, Misconception

Run = dict[str, float]


@dataclass(frozen=True)
class Runs(Case):
    """A case that is shown column by column and handed over as a list of dicts, new ones in each call."""

    def call(self, function: Callable[..., Any]) -> Any:
        rows = zip(*(column.tolist() for column in self.inputs.values()), strict=True)
        return function([dict(zip(self.inputs, row, strict=True)) for row in rows])


def _draw_runs(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(12):
        count = draw_integer(generator, 3, 5)
        rates = 0.001 * 2.0 ** torch.randperm(6, generator=generator)[:count].double()
        while True:
            spread = 0.4 * torch.randperm(count, generator=generator).double()
            validation = 4 + spread + 0.1 * torch.rand(count, generator=generator, dtype=torch.float64)
            test = validation + 2 * torch.rand(count, generator=generator, dtype=torch.float64) - 1
            validation, test = validation.round(decimals=2), test.round(decimals=2)
            columns = (test, test + validation, (test - validation).abs())
            if len(test.unique()) == count and all(c.argmin() != validation.argmin() for c in columns):
                break
        cases.append(Runs({"lr": rates, "validation": validation, "test": test}))
    return cases


def _choose(
    runs: list[Run],
    *,
    by: Callable[[Run], float] = lambda run: run["validation"],
    best: Callable[..., Run] = min,
    report: Callable[[Run], float] = lambda run: run["test"],
) -> tuple[float, float]:
    run = best(runs, key=by)
    return run["lr"], report(run)


def _test(run: Run) -> float:
    return run["test"]


def _validation(run: Run) -> float:
    return run["validation"]


def _mean(run: Run) -> float:
    return (run["validation"] + run["test"]) / 2


def _choosing(**options: Any) -> Callable[..., tuple[float, float]]:
    return lambda runs: _choose(runs, **options)


CHOOSE = Exercise(
    "7.4",
    "choose",
    _draw_runs,
    _choose,
    "the test error of the run with the least validation error",
    (
        Misconception(
            "chosen_by_test",
            "The test error has a say in your choice. The best of several test errors is partly luck, and reported it looks "
            "better than the network is: choose by `validation` alone.",
            tuple(_choosing(by=by, report=report) for by in (_test, _mean) for report in (_test, _validation, _mean)),
        ),
        Misconception(
            "validation_reported",
            "You report the validation error. It is the least of several, so luck is in it: report the test error of the same "
            "run, which nothing was chosen by.",
            (_choosing(report=_validation),),
        ),
        Misconception(
            "best_test_reported",
            "You report the least test error of all, but it belongs to another run. Report that of the run you chose, "
            "whatever it is.",
            (lambda runs: (_choose(runs)[0], min(map(_test, runs))),),
        ),
        Misconception(
            "highest",
            "You choose the HIGHEST number. These are errors, not shares of right answers: the least is the best.",
            tuple(_choosing(by=by, best=max, report=report) for by in (_validation, _test) for report in (_test, by)),
        ),
        Misconception(
            "errors_averaged",
            "You report a mean of both errors. The validation error has served for the choice: the test error alone counts.",
            (_choosing(report=_mean),),
        ),
        Misconception(
            "smallest_gap",
            "You choose the run whose two errors agree best. A run can be equally bad at both: choose by the validation error.",
            tuple(
                _choosing(by=lambda run: abs(run["validation"] - run["test"]), report=report)
                for report in (_test, _validation)
            ),
        ),
        Misconception(
            "place_returned",
            "You give the place of the run in the list. The learning rate itself is asked for.",
            (lambda runs: (float(np.argmin([_validation(run) for run in runs])), _choose(runs)[1]),),
        ),
        Misconception(
            "order_swapped",
            "The numbers are right and the order is not: give (lr, error).",
            (lambda runs: _choose(runs)[::-1],),
        ),
    ),
    tolerance=1e-6,
)
