"""The cells of the table, and how the network of each is trained."""

import difflib
from typing import Any, NamedTuple

from experiments.table1.paper import DISTORTIONS, PAPER
from stn_lib.training.config import MACHINE, TrainConfig

ANYWHERE = (*MACHINE, "precision")  # a result counts whatever machine computed it


class Cell(NamedTuple):
    """A cell of the table: a distortion and a network, ``rts`` and ``st-cnn-affine``."""

    distortion: str
    network: str

    def __str__(self) -> str:
        return f"{self.distortion}-{self.network}"


CELLS = [Cell(distortion, network) for network in PAPER for distortion in DISTORTIONS]

#: Images that a network trains on, in millions; with a transformer as many as without, so that the two can be compared.
#: After 3 million, the fully connected network still had an error of 5 to 21 % on its training images at RTS, P and TC,
#: and at E a larger one on them than on the test images; so had the CNN at E after 1.2 million and at P after 1.6. At
#: RTS and P, 12 million were still too few; 38.4 are the paper's 150,000 steps.
MILLIONS = {
    "fcn": {"r": 3.0, "rts": 38.4, "p": 38.4, "e": 6.0, "tc": 12.0},
    "cnn": {"r": 1.2, "rts": 2.8, "p": 3.2, "e": 2.4, "tc": 1.0},
}


def parse_cell(text: str) -> Cell:
    """A cell by its name.

    Raises:
        ValueError: for a name that is not in `CELLS`; it suggests the nearest one.

    Example:
        >>> parse_cell("rts-st-cnn-affine")
        Cell(distortion='rts', network='st-cnn-affine')
    """
    known = {str(cell): cell for cell in CELLS}
    if text in known:
        return known[text]
    near = difflib.get_close_matches(text, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(known)}"
    raise ValueError(f"expected a cell such as rts-st-cnn-affine, got {text!r}: {hint}")


def table1_config(cell: Cell, seed: int = 0, **other: Any) -> TrainConfig:
    """The run of a cell. All cells share their settings; they differ in network, distortion and number of steps.

    Args:
        cell: which cell.
        seed: of the run.
        other: fields of `TrainConfig` with other values.

    Example:
        >>> config = table1_config(Cell("rts", "st-cnn-affine"))
        >>> config.dataset, config.distortion, config.model, config.transform, config.size
        ('mnist', 'RTS', 'st-cnn', 'affine', 'table1')

    Chapter: 9
    """
    model = next(name for name in ("st-fcn", "st-cnn", "fcn", "cnn") if cell.network.startswith(name))
    batch_size = 256
    images = 1e6 * MILLIONS[model.removeprefix("st-")][cell.distortion]
    settings = {
        "model": model, "size": "table1", "transform": cell.network.removeprefix(model).lstrip("-") or "affine",
        "dataset": "mnist", "distortion": cell.distortion.upper(), "hold_out": "test", "copies": 1, "seed": seed,
        "batch_size": batch_size, "steps": round(images / batch_size), "precision": "bfloat16",
    }  # fmt: skip
    return TrainConfig(**{**settings, **other})
