"""Register the exercises: `exercise` declares one, `chapter_checks` finds all of a chapter's folder."""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any

from stn_lib.exercises.framework.result import Result
from stn_lib.exercises.framework.runner import Exercise, run

Check = Callable[..., Result]

_ROOT = "stn_lib.exercises"
_USAGE = """

Pass the function itself: ``check.{name}(my_{name})``. The result says what is wrong; `seed` draws other cases.
"""
_checks: dict[str, Check] = {}  # by module


def exercise(module: str, **fields: Any) -> Check:
    """Declare the exercise of a module and return its public check.

    Args:
        module: ``__name__`` of the module. The file is named as the learner's function; its docstring says what
            that function takes and returns, and becomes the docstring of the check.
        **fields: All other fields of :class:`~stn_lib.exercises.framework.runner.Exercise`.

    Returns:
        ``check(function, *, seed=0)``, which runs the learner's function and returns a `Result`. Its attribute
        `exercise` is the declaration.
    """
    declared = Exercise(name=module.rpartition(".")[2], **fields)

    def check(function: Callable[..., Any], *, seed: int = 0) -> Result:
        return run(declared, function, seed)

    check.__name__ = check.__qualname__ = declared.name
    check.__module__ = module
    check.__doc__ = (sys.modules[module].__doc__ or "").rstrip() + _USAGE.format(name=declared.name)
    check.exercise = declared
    _checks[module] = check
    return check


def chapter_checks(package: str) -> dict[str, Check]:
    """Import every module of a chapter's package and return its checks by name, in the order of their numbers.

    Example:
        >>> next(iter(chapter_checks("stn_lib.exercises.ch05_sampling")))
        'bilinear'
    """
    for found in pkgutil.iter_modules(sys.modules[package].__path__):
        importlib.import_module(f"{package}.{found.name}")
    checks = [check for module, check in _checks.items() if module.rpartition(".")[0] == package]
    checks.sort(key=lambda check: [int(part) for part in check.exercise.number.split(".")])
    return {check.exercise.name: check for check in checks}


def all_checks() -> dict[str, dict[str, Check]]:
    """Return the checks of every chapter: the name of its package, such as "ch05_sampling", then the check's name."""
    root = importlib.import_module(_ROOT)
    chapters = sorted(found.name for found in pkgutil.iter_modules(root.__path__) if found.name.startswith("ch"))
    return {name: chapter_checks(importlib.import_module(f"{_ROOT}.{name}").__name__) for name in chapters}
