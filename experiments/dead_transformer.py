"""How the transformer of the ST-CNN on TC dies, what keeps it alive, and what its small output costs.

    python benchmarks/dead_transformer.py [--out results/dead_transformer.json]

The table's affine ST-CNN on TC, measured on the validation digits of MNIST: as the table runs it, with a batch norm
behind the hidden units of its localisation network; without it; without it at a fifth of the rate; and with a
transformer that never learns, so that the classifier sees the whole frame of 60 x 60 pixels at 28 x 28 points. Every
fiftieth step it is noted how many of the 32 hidden units answer at least one of 256 pictures with more than 0, and how
far theta differs from picture to picture. Some ten minutes a run on one core; a run that is stopped goes on at its
last checkpoint.
"""

import argparse
import json
from functools import partial
from pathlib import Path
from unittest import mock

import torch

from experiments.collapse import taken_up
from experiments.live_gap import ROOT
from experiments.table1 import Cell, table1_config
from stn_lib.files import write_atomically
from stn_lib.localization import ConvLocalization
from stn_lib.models import table1 as networks
from stn_lib.training import record, train

CELL, SEED, EVERY, PICTURES = Cell("tc", "st-cnn-affine"), 0, 50, 256
#: Whether the hidden units have their batch norm, and the localisation network's share of the rate.
CASES = {
    "no norm": (False, 0.25),
    "no norm, a fifth of the rate": (False, 0.05),
    "norm": (True, 0.25),
    "never learns": (True, 0.0),
}


def measure(case: str, runs: Path) -> dict:
    """One run, and what was noted of its localisation network."""
    norm, factor = CASES[case]
    config = table1_config(CELL, SEED, hold_out="validation", localization_lr_factor=factor)
    pictures = config.held_out().images[:PICTURES]
    folder = runs / case.replace(" ", "-").replace(",", "")
    log = folder / "watched.json"
    # What was noted after the last checkpoint is noted again.
    notes = {note["step"]: note for note in (json.loads(log.read_text()) if log.exists() else [])}

    def watch(step: int, model: torch.nn.Module) -> None:
        hidden = torch.nn.Sequential(*list(model.transformer.localization)[:-1])
        theta = model.transformer.theta(pictures).flatten(1)
        notes[step] = {
            "step": step,
            "answering": int((hidden(pictures) > 0).any(0).sum()),
            "spread": round(float(theta.std(0).mean()), 5),
        }
        write_atomically(log, json.dumps(list(notes.values())).encode())

    # The table's network has the norm; a patched one is the smallest way to a network that the library does not offer.
    own = partial(_localization, norm)
    with mock.patch.object(networks, "ConvLocalization", own):
        done = train(config, out=folder, callback=watch, callback_every=EVERY, checkpoint_every=EVERY, progress=False)
    told = record.outcome(done)
    kept = ("seconds", "parameters", "error_percent", "interval_percent", "wrong", "n")
    return {"case": case, **{name: told[name] for name in kept}, "watched": list(notes.values())}


def _localization(norm: bool, *arguments, **options) -> ConvLocalization:
    return ConvLocalization(*arguments, **{**options, "hidden_norm": norm})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "dead_transformer.json")
    parser.add_argument(
        "--runs", type=Path, default=ROOT / "runs" / "dead_transformer", help="where checkpoints are kept"
    )
    arguments = parser.parse_args()
    config = table1_config(CELL, SEED)
    settings = {"cell": str(CELL), "seed": SEED, "steps": config.steps, "lr": config.lr, "hold_out": "validation"}
    settings |= {"pictures": PICTURES}
    table = taken_up(arguments.out, "python benchmarks/dead_transformer.py", settings, parser)
    there = {row["case"] for row in table["runs"]}
    for case in CASES:
        if case not in there:
            table["runs"].append(measure(case, arguments.runs))
            record.write(arguments.out, table)
    for row in table["runs"]:
        low, high = row["interval_percent"]
        last = row["watched"][-1]
        print(
            f"{row['case']:30s} {row['error_percent']:5.2f} % ({low:.2f} to {high:.2f}), "
            f"{last['answering']} units answer, theta differs by {last['spread']:.3f}"
        )


if __name__ == "__main__":
    main()
