"""The JavaScript modules as tests import them, and how their numbers are compared."""

from functools import cache
from pathlib import Path

import numpy as np

from stn_lib.widgets import _bundle

FOLDER = Path(_bundle.__file__).parent


@cache
def module(*paths: str) -> list[str]:
    """The text of modules with what they import, for `call`: its function sees the exports of all of them."""
    return [_bundle.javascript(FOLDER / path) for path in paths]


def close(got, expected, tolerance=1e-5):
    """Assert that all numbers differ by at most the tolerance."""
    got = np.asarray(got, dtype=float).ravel()
    expected = np.asarray(expected, dtype=float).ravel()
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= tolerance
