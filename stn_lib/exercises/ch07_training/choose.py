"""Check `choose(runs)`: a learning rate chosen by validation error, and the error to report for it.

Args: runs: a list of dicts with ``lr``, ``validation`` and ``test``; the last two are error rates in per cent, all
    different.
Returns: (lr, error).

Example:
    >>> choose(lambda runs: min((run["lr"], run["test"]) for run in runs)).passed
    False
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import torch

from stn_lib.exercises.framework import Case, Misconception, exercise, random_integer

Run = dict[str, float]


@dataclass(frozen=True)
class _Runs(Case):
    """A case that a result shows column by column, and that passes a new list of dicts in each call."""

    def call(self, function: Callable[..., Any]) -> Any:
        rows = zip(*(column.tolist() for column in self.inputs.values()), strict=True)
        return function([dict(zip(self.inputs, row, strict=True)) for row in rows])


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(12):
        count = random_integer(generator, 3, 5)
        rates = 0.001 * 2.0 ** torch.randperm(6, generator=generator)[:count].double()
        while True:
            spread = 0.4 * torch.randperm(count, generator=generator).double()
            validation = 4 + spread + 0.1 * torch.rand(count, generator=generator, dtype=torch.float64)
            test = validation + 2 * torch.rand(count, generator=generator, dtype=torch.float64) - 1
            validation, test = validation.round(decimals=2), test.round(decimals=2)
            columns = (test, test + validation, (test - validation).abs())
            if len(test.unique()) == count and all(c.argmin() != validation.argmin() for c in columns):
                break
        cases.append(_Runs({"lr": rates, "validation": validation, "test": test}))
    return cases


_test, _validation = itemgetter("test"), itemgetter("validation")


def _choose(
    runs: list[Run],
    *,
    by: Callable[[Run], float] = _validation,
    best: Callable[..., Run] = min,
    report: Callable[[Run], float] = _test,
) -> tuple[float, float]:
    run = best(runs, key=by)
    return run["lr"], report(run)


def _mean(run: Run) -> float:
    return (_validation(run) + _test(run)) / 2


def _choosing(**options: Any) -> Callable[..., tuple[float, float]]:
    return lambda runs: _choose(runs, **options)


choose = exercise(
    __name__,
    number="7.4",
    cases=_cases,
    oracle=_choose,
    oracle_name="the test error of the run with the lowest validation error",
    misconceptions={
        "chosen_by_test": Misconception(
            "The test error influences your choice. The best of several test errors is partly luck, and makes the "
            "network look better than it is: choose by `validation` alone.",
            *(_choosing(by=by, report=report) for by in (_test, _mean) for report in (_test, _validation, _mean)),
        ),
        "validation_reported": Misconception(
            "You report the validation error. It is the lowest of several, so luck is in it: report the test error of "
            "the same run, which did not influence the choice.",
            _choosing(report=_validation),
        ),
        "best_test_reported": Misconception(
            "You report the lowest test error of all, but it belongs to another run. Report that of the run you "
            "chose, whatever it is.",
            lambda runs: (_choose(runs)[0], min(map(_test, runs))),
        ),
        "all_tests_reported": Misconception(
            "You report the mean, or the highest, of ALL test errors. Report that of the run you chose.",
            lambda runs: (_choose(runs)[0], max(map(_test, runs))),
            lambda runs: (_choose(runs)[0], float(np.mean([_test(run) for run in runs]))),
        ),
        "rate_chosen": Misconception(
            "You choose the smallest or the largest learning rate. Choose the run with the lowest validation error, whatever "
            "its rate.",
            *(
                _choosing(by=itemgetter("lr"), best=best, report=report)
                for best in (min, max)
                for report in (_test, _validation)
            ),
        ),
        "highest": Misconception(
            "You choose the HIGHEST number. These are error rates, not accuracies: the lowest is the best.",
            *(_choosing(by=by, best=max, report=report) for by in (_validation, _test) for report in (_test, by)),
        ),
        "errors_averaged": Misconception(
            "You report the mean of both errors. The validation error was used for the choice: report the test error alone.",
            _choosing(report=_mean),
        ),
        "smallest_gap": Misconception(
            "You choose the run whose two errors agree best. A run can be equally bad at both: choose by the validation error.",
            *(
                _choosing(by=lambda run: abs(_validation(run) - _test(run)), report=report)
                for report in (_test, _validation)
            ),
        ),
        "place_returned": Misconception(
            "You give the position of the run in the list. Give the learning rate itself.",
            lambda runs: (float(np.argmin([_validation(run) for run in runs])), _choose(runs)[1]),
        ),
        "order_swapped": Misconception(
            "The numbers are correct but their order is not: give (lr, error).", lambda runs: _choose(runs)[::-1]
        ),
        "middle": Misconception(
            "You choose the middle learning rate, or the run in the middle of the list. Choose the run with the lowest "
            "validation error, wherever it is.",
            *(
                lambda runs, order=order, half=half, report=report: (lambda run: (run["lr"], report(run)))(
                    order(runs)[(len(runs) - half) // 2]
                )
                for order in (lambda runs: sorted(runs, key=itemgetter("lr")), list)
                for half in (0, 1)
                for report in (_test, _validation)
            ),
        ),
        "first_run": Misconception(
            "You take the first or the last run of the list. Choose the run with the lowest validation error, wherever it is.",
            *(
                lambda runs, k=k, report=report: (runs[k]["lr"], report(runs[k]))
                for k in (0, -1)
                for report in (_test, _validation)
            ),
        ),
        "other_unit": Misconception(
            "You convert the error rate. Report it in per cent, as it is in the run: no accuracy, no fraction.",
            _choosing(report=lambda run: 100 - _test(run)),
            _choosing(report=lambda run: _test(run) / 100),
            _choosing(report=lambda run: 1 - _test(run) / 100),
        ),
    },
    tolerance=1e-6,
)
