"""How far the live chapter's two networks end apart, seed by seed.

    python benchmarks/live_gap.py [--seeds 5] [--out results/live_gap.json]

Every seed is written as soon as it is measured; run it again and it goes on with the seeds that are missing.
A file of another config is not mixed with: delete it first.
"""

import argparse
import dataclasses
import json
import platform
import sys
from pathlib import Path

import torch

from stn_lib import models
from stn_lib.data import held_out_set, load_digits_split
from stn_lib.metrics import pose
from stn_lib.provenance import git
from stn_lib.training import TrainConfig, live_config, record, train
from stn_lib.transforms import compose

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("cnn", "st-cnn")


def run(kind: str, seed: int) -> dict:
    """Train one network as the chapter does, measuring the held-out error every 50 steps for the curve."""
    config = dataclasses.replace(live_config(kind, seed), evaluate_every=50)
    result = train(config, progress=False)
    low, high = result.evaluation.interval
    curve = [[row["step"], round(row["error"], 3)] for row in result.history if "error" in row]
    found = {} if kind == "cnn" else {"pose": poses(result.model)}
    return {
        "parameters": models.count_parameters(result.model),
        "seconds": round(result.seconds, 2),
        "error_percent": round(result.test_error, 4),
        "interval_percent": [round(low, 2), round(high, 2)],
        "n": result.evaluation.n,
        "curve": curve,
        **found,
    }


def poses(model: models.STCNN) -> dict:
    """How differently the held-out digits stand before the transformer and after: standard deviations, mean size."""
    held_out = held_out_set(load_digits_split(), "RTS")
    with torch.no_grad():
        after = compose(held_out.theta, model.transformer.theta(held_out.images))
    told = {}
    for name, theta, half in (("before", held_out.theta, 21), ("after", after, 14)):
        place, size, turn = pose(theta)
        told[name] = {
            "place_pixels": round(place.std(0).mean().item() * half, 2),
            "fills_percent": round(100 * size.mean().item(), 1),
            "size_percent": round(100 * (size.std() / size.mean()).item(), 1),
            "turn_degrees": round(turn.std().item(), 1),
        }
    return told


def header(config: TrainConfig) -> dict:
    """How the table was made."""
    shared = {k: v for k, v in dataclasses.asdict(config).items() if k not in ("model", "seed")}
    return {
        "command": "python benchmarks/live_gap.py",
        "commit": git("rev-parse", "HEAD"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": config.threads,
        "config": shared,
    }


def main() -> int:
    """Measure the seeds that the file lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds, from 0")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "live_gap.json", help="the table")
    arguments = parser.parse_args()
    table = {**header(live_config("cnn")), "seeds": []}
    if arguments.out.exists():
        known = json.loads(arguments.out.read_text())
        if known.get("config") != table["config"]:
            parser.error(f"{arguments.out} holds runs of another config: delete it, or choose another --out")
        table = known
    done = {row["seed"] for row in table["seeds"]}
    for seed in sorted(set(range(arguments.seeds)) - done):
        row = {"seed": seed, **{kind: run(kind, seed) for kind in KINDS}}
        row["gap_points"] = round(row["cnn"]["error_percent"] - row["st-cnn"]["error_percent"], 4)
        table["seeds"] = sorted([*table["seeds"], row], key=lambda r: r["seed"])
        record.write(arguments.out, table)
    for row in table["seeds"]:
        cnn, st = row["cnn"], row["st-cnn"]
        print(
            f"seed {row['seed']}: CNN {cnn['error_percent']:.2f} % in {cnn['seconds']:.0f} s, "
            f"ST-CNN {st['error_percent']:.2f} % in {st['seconds']:.0f} s, gap {row['gap_points']:.2f} points"
        )
    print(f"smallest gap: {min(row['gap_points'] for row in table['seeds']):.2f} points")
    return 0


if __name__ == "__main__":
    sys.exit(main())
