"""List every experiment: its name, title, module, duration, record and options. Imports no torch."""

import difflib
import importlib
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Entry:
    """One experiment of the catalogue.

    Args:
        name: its name on the command line; two words for a member of a group, ``"speed sampler"``.
        title: one line about what it measures.
        module: its module. A module with a record declares ``EXPERIMENT``, an `experiments.experiment.Experiment`;
            one without has ``main(options)``, which measures and prints.
        takes: its approximate duration on one core.
        record: the file or folder in the checkout that it writes; None for an experiment that only prints.
        options: its own options with their defaults; each is described in `experiments.options.OPTIONS`.
    """

    name: str
    title: str
    module: str
    takes: str
    record: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def load(self) -> ModuleType:
        """Import the experiment's module, and torch with it."""
        return importlib.import_module(self.module)


SEEDS_ON_TEST = {"seeds": 1, "hold_out": "test"}

ENTRIES = (
    Entry(
        "table1", "the paper's Table 1 on MNIST: 40 cells, our error beside the paper's",
        "experiments.table1.experiment", "5 to 60 min a run, 40 runs a seed", "stn_lib/results/table1",
        {"cells": None, "seeds": 1, "seed": None, "device": "cpu", "precision": "bfloat16", "threads": 1, "steps": None},
    ),
    Entry(
        "table1 choice", "the settings of Table 1, each changed alone, on the validation digits",
        "experiments.table1.choice", "1 to 15 min a run, 13 to 17 runs a cell", "stn_lib/results/table1_choice.json",
        {"cells": ("p-fcn", "rts-cnn", "rts-st-cnn-affine"), "device": "cpu", "precision": "bfloat16"},
    ),
    Entry(
        "table1 tc", "what the transformer gains on TC: antialiasing, or looking",
        "experiments.table1.tc", "20 to 90 min a run, 8 runs a seed", "stn_lib/results/table1_tc.json",
        {"variants": None, "seeds": 3, "device": "cpu", "precision": "bfloat16"},
    ),
    Entry(
        "svhn", "the paper's Table 2: house numbers of SVHN, which STN_DATA must hold, with up to four transformers",
        "experiments.svhn", "400,000 steps a run, 6 runs a seed: it needs a GPU", "stn_lib/results/svhn.json",
        SEEDS_ON_TEST | {"device": "auto", "precision": "bfloat16", "steps": 400_000},
    ),
    Entry(
        "cub", "the paper's Table 3: birds of CUB-200-2011, which STN_DATA must hold, with two or four windows, or none",
        "experiments.cub", "30,000 steps a run, 4 runs a seed: it needs a GPU", "stn_lib/results/cub.json",
        SEEDS_ON_TEST | {"device": "auto", "precision": "bfloat16", "steps": 30_000, "backbone": "small"},
    ),
    Entry(
        "appendix addition", "the sum of two distorted digits, with up to two transformers",
        "experiments.appendix.addition", "90 min", "stn_lib/results/appendix/addition.json", SEEDS_ON_TEST,
    ),
    Entry(
        "appendix colocalisation", "a transformer finds the object that all images show, without labelled boxes",
        "experiments.appendix.colocalisation", "100 min", "stn_lib/results/appendix/colocalisation.json", SEEDS_ON_TEST,
    ),
    Entry(
        "appendix volume", "a transformer rotates a digit in space, so that its projection can be classified",
        "experiments.appendix.volume", "5 min", "stn_lib/results/appendix/volume.json", SEEDS_ON_TEST,
    ),
    Entry(
        "throws", "how often the cover's two networks disagree, and what its transformer undoes",
        "experiments.throws", "10 s", "stn_lib/results/throws.json",
    ),
    Entry(
        "throws choice", "the learning rate of each of those networks, chosen on the validation digits",
        "experiments.throws.choice", "15 min", "stn_lib/results/throws_choice.json",
    ),
    Entry(
        "live_gap", "CNN and ST-CNN of chapter 7, and an ST-CNN with a fixed theta, over seeds",
        "experiments.live_gap", "3 min", "stn_lib/results/live_gap.json", {"seeds": 5},
    ),
    Entry(
        "longer_training", "the gap of the two networks of chapter 7 after 2, 4 and 8 times as many training steps",
        "experiments.longer_training", "6 min", "stn_lib/results/longer_training.json",
    ),
    Entry(
        "shift_consistency", "error and shift consistency of networks that differ only in their pooling",
        "experiments.shift_consistency", "12 min", "stn_lib/results/shift_consistency.json", {"seeds": 5},
    ),
    Entry(
        "basin", "the largest shift and rotation from which gradient descent on theta registers a digit",
        "experiments.basin", "6 min", "stn_lib/results/basin.json", {"digits": 6},
    ),
    Entry(
        "collapse", "how a spatial transformer collapses, and what prevents it",
        "experiments.collapse", "20 min", "stn_lib/results/collapse.json", {"seeds": 5, "hold_out": "test"},
    ),
    Entry(
        "dead_transformer", "how the transformer of the ST-CNN on TC stops depending on the image, and what prevents it",
        "experiments.dead_transformer", "40 min", "stn_lib/results/dead_transformer.json",
    ),
    Entry(
        "house_numbers", "one or two digits on a small canvas: finding them first, against reading a shrunk canvas",
        "experiments.house_numbers", "1 min a run, 8 runs a seed", "stn_lib/results/house_numbers.json", SEEDS_ON_TEST,
    ),
    Entry(
        "house_numbers large", "one to five digits on a large canvas, also those of MNIST",
        "experiments.house_numbers.large", "5 to 45 min a run, 10 runs a seed", "stn_lib/results/house_numbers_large.json",
        SEEDS_ON_TEST,
    ),
    Entry(
        "house_numbers reader", "the pair of networks that chapter 10 runs in the page, in full precision and in 8 bits",
        "experiments.house_numbers.reader", "4 min a run, 4 runs", "stn_lib/results/house_numbers_reader.json",
    ),
    Entry(
        "birds", "windows that learn where head and body of a drawn bird are, beside fixed ones and CNNs",
        "experiments.birds", "1 to 4 min a run, 19 runs a seed", "stn_lib/results/birds.json",
        SEEDS_ON_TEST | {"probes": 1},
    ),
    Entry(
        "birds page", "the pair of networks that chapter 11 runs in the page, in full precision and in 8 bits",
        "experiments.birds.page", "2 min a run, 3 runs", "stn_lib/results/birds_page.json",
    ),
    Entry(
        "time_to_accuracy", "seconds to 98.5 % and 99 % accuracy on MNIST: PyTorch's tutorial and our recipe",
        "experiments.time_to_accuracy", "25 min", "stn_lib/results/time_to_accuracy.json", {"seeds": 2, "more": 5},
    ),
    Entry(
        "time_to_accuracy choice", "the number of steps of each of those recipes, chosen on the validation set",
        "experiments.time_to_accuracy.choice", "40 min", "stn_lib/results/time_to_accuracy_choice.json",
    ),
    Entry(
        "speed step_cost", "the time of a training step with a spatial transformer, part by part",
        "experiments.speed.step_cost", "3 min", "stn_lib/results/step_cost.json", {"rounds": 10, "batch": 64, "again": False},
    ),
    Entry(
        "speed house_number_cost", "the time that one and four transformers add to the paper's network for SVHN, part by part",
        "experiments.speed.house_number_cost", "3 min", "stn_lib/results/house_number_cost.json",
        {"rounds": 10, "batch": 32, "device": "cpu", "again": False},
    ),
    Entry(
        "speed sampler", "the time of our grid and sampler, relative to torch's",
        "experiments.speed.sampler", "1 min", "stn_lib/results/sampler.json",
        {"threads": (1,), "rounds": 200, "shapes": ((256, 1, 28, 28),), "again": False},
    ),
    Entry(
        "speed widget_frame", "the time of a redraw of each explorable, and of ipywidgets' interact with matplotlib",
        "experiments.speed.widget_frame", "2 min", None, {"frames": 300},
    ),
    Entry(
        "speed page_load", "how each page of the built book loads on a slow phone, beside pages of two other kinds of book",
        "experiments.speed.page_load", "6 min", None,
        {"rounds": 3, "books": ("this", "jupyter-book", "sphinx-gallery")},
    ),
    Entry(
        "speed suite_time", "the time of the last test run by phase, folder and test",
        "experiments.speed.suite_time", "1 s, or that of the tests", None, {"run": False, "slowest": 20},
    ),
    Entry(
        "speed build_time", "the time of a build of the book: cold, with nothing changed, after an edit",
        "experiments.speed.build_time", "15 min",
    ),
)  # fmt: skip


def find(name: str) -> Entry:
    """Return the experiment with a name.

    Raises:
        ValueError: for an unknown name; it suggests the nearest one.

    Example:
        >>> find("speed step_cost").record
        'stn_lib/results/step_cost.json'
    """
    known = {entry.name: entry for entry in ENTRIES}
    if name in known:
        return known[name]
    nicknames = {entry.split()[-1]: entry for entry in known} | {entry: entry for entry in known}
    near = difflib.get_close_matches(name, nicknames, 1)
    hint = f"did you mean {nicknames[near[0]]!r}?" if near else "python -m experiments lists them"
    raise ValueError(f"expected an experiment, got {name!r}: {hint}")


def listing(entries: tuple[Entry, ...] = ENTRIES) -> str:
    """List experiments, each with its title, its record and its duration."""
    width = max(len(entry.name) for entry in entries)
    lines = []
    for entry in entries:
        lines.append(f"{entry.name:{width}s}  {entry.title}")
        lines.append(f"{'':{width}s}  {entry.takes}; {f'writes {entry.record}' if entry.record else 'prints'}")
    return "\n".join(lines)
