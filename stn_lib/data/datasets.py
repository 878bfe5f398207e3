"""Register the data sets, with one declaration for each. Importing this loads neither torch nor any data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stn_lib._registry import look_up

if TYPE_CHECKING:
    from stn_lib.data.digits import DigitsSplit


@dataclass(frozen=True)
class Dataset:
    """A data set that networks are trained on.

    Args:
        name: on the command line and in `stn_lib.training.TrainConfig`.
        description: one line for the command line's help.
        load: returns the split for ``hold_out`` ``"test"`` or ``"validation"``. It imports what it needs when called.
        final_test: whether the test images may be scored only once, after training. Settings are then chosen on the
            validation images.
    """

    name: str
    description: str
    load: Callable[[str], DigitsSplit]
    final_test: bool = False


def _load_digits(hold_out: str) -> DigitsSplit:
    from stn_lib.data.digits import load_digits_split

    return load_digits_split(hold_out=hold_out)


def _load_mnist(hold_out: str) -> DigitsSplit:
    from stn_lib.data.mnist import load_mnist

    return load_mnist(hold_out)


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("digits", "scikit-learn's 1,797 digits, embedded: no download", _load_digits),
        Dataset(
            "mnist",
            "MNIST's 70,000 digits, downloaded once or read from STN_DATA",
            _load_mnist,
            final_test=True,
        ),
    )
}


def load_dataset(name: str, hold_out: str = "test") -> DigitsSplit:
    """Load the undistorted images and labels of a data set.

    Args:
        name: a name in `DATASETS`.
        hold_out: ``"test"`` to report errors, ``"validation"`` to choose settings.

    Returns:
        A `stn_lib.data.DigitsSplit`; with ``hold_out="validation"`` its ``test_`` fields hold the validation images.

    Raises:
        ValueError: for an unknown name or ``hold_out``.
        FileNotFoundError, ConnectionError: as `stn_lib.data.load_mnist`.

    Example:
        >>> len(load_dataset("digits").train_images)
        1352

    Chapter: 7
    """
    return look_up("dataset", name, DATASETS).load(hold_out)
