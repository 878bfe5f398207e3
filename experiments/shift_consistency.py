"""Accuracy and shift consistency of seven networks that differ in their pooling alone.

    python benchmarks/shift_consistency.py [--seeds 5] [--out results/shift_consistency.json]

Chapter 2's networks, trained on turned digits that never shift, measured on held-out ones. Every run is written as
soon as it is measured; run it again and it goes on with those that are missing. A file of another config is not mixed
with: delete it first.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from experiments.live_gap import ROOT, header
from stn_lib import models
from stn_lib.data import held_out_set, load_digits_split
from stn_lib.data.shift import shift
from stn_lib.metrics import error_interval, shift_consistency
from stn_lib.models import POOLS
from stn_lib.training import pooling_config, record, train

PAIRS = 4
MIDDLE = 32  # crops are taken from the middle of the picture, which the digit fills, so that ink enters and leaves
CROP = 8  # pixels by which a crop is smaller than that
SHIFTS = range(17)


def consistency(model: nn.Module, images: Tensor) -> dict:
    """For circular shifts over the whole picture, and for crops that cut the digit."""
    found = {}
    rim = (images.shape[-1] - MIDDLE) // 2
    middle = images[..., rim : rim + MIDDLE, rim : rim + MIDDLE]
    for fill, pictures, reach in (("circular", images, images.shape[-1] - 1), ("crop", middle, CROP)):
        draw = torch.Generator().manual_seed(0)
        rate, (low, high), n = shift_consistency(model, pictures, reach, fill, PAIRS, generator=draw)
        found[fill] = {"percent": round(rate, 3), "interval_percent": [round(low, 2), round(high, 2)], "n": n}
    return found


@torch.no_grad()
def agreement(model: nn.Module, images: Tensor, dx: int) -> float:
    """How many pictures, in per cent, keep their class when they move circularly by dx pixels."""
    still, moved = model(images), model(shift(images, dx, fill="circular"))
    return 100 * (still.argmax(1) == moved.argmax(1)).double().mean().item()


class Centred(nn.Module):
    """A network without what it says to every picture: an untrained one would answer one class, whatever it sees."""

    def __init__(self, network: nn.Module, images: Tensor):
        super().__init__()
        self.network = network
        with torch.no_grad():
            self.constant = network(images).mean(0)

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images) - self.constant


def before_training(pool: str, seed: int) -> dict:
    """The circular consistency of the first weights, by which class stands out against its mean."""
    config = pooling_config(pool, seed)
    images = held_out_set(load_digits_split(), config.recipe).images
    first = config.build(torch.Generator().manual_seed(seed)).eval()
    return consistency(Centred(first, images), images)["circular"]


def run(pool: str, seed: int) -> dict:
    """One network, before its training and after."""
    config = pooling_config(pool, seed)
    images = held_out_set(load_digits_split(), config.recipe).images
    before = before_training(pool, seed)
    result = train(config, progress=False)
    errors = result.evaluation
    return {
        "pool": pool,
        "seed": seed,
        "parameters": models.count_parameters(result.model),
        "seconds": round(result.seconds, 1),
        "error_percent": round(errors.error, 4),
        "interval_percent": [round(end, 2) for end in error_interval(errors.wrong, errors.n)],
        "n": errors.n,
        "before_training": before,
        **consistency(result.model, images),
        "agreement_percent": [round(agreement(result.model, images, dx), 2) for dx in SHIFTS],
    }


def main() -> int:
    """Measure the runs that the file lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds, from 0")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "shift_consistency.json", help="the table")
    arguments = parser.parse_args()
    about = header(pooling_config("max")) | {
        "command": "python benchmarks/shift_consistency.py",
        "pairs": PAIRS,
        "crop_pixels": [MIDDLE - CROP, MIDDLE],
        "shifts": list(SHIFTS),
    }
    about["config"] = {k: v for k, v in about["config"].items() if k != "pool"}
    table = about | {"runs": []}
    if arguments.out.exists():
        table = json.loads(arguments.out.read_text())
        if any(table.get(key) != about[key] for key in ("config", "pairs", "crop_pixels", "shifts")):
            parser.error(f"{arguments.out} holds runs of another config: delete it, or choose another --out")
    done = {(row["pool"], row["seed"]) for row in table["runs"]}
    for seed in range(arguments.seeds):
        for pool in POOLS:
            if (pool, seed) in done:
                continue
            row = run(pool, seed)
            table["runs"].append(row)
            record.write(arguments.out, table)
            print(
                f"seed {seed} {pool:7s} error {row['error_percent']:.2f} %, consistency circular "
                f"{row['circular']['percent']:.2f} %, crops {row['crop']['percent']:.2f} %, {row['seconds']:.0f} s",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
