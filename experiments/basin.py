"""From how far descent on theta finds its way back: registration of digits by the gradient alone.

    python benchmarks/basin.py [--digits 6] [--out results/basin.json]

A digit is registered to itself moved by d pixels in eight directions, or turned by an angle to either side, from the
identity. Every method takes the same steps. Every digit and method is written as soon as it is measured; run it again
and it goes on with what is missing. A file of other settings is not mixed with: delete it first.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from experiments.collapse import taken_up
from experiments.live_gap import ROOT
from stn_lib import transforms
from stn_lib.data import sample_digits
from stn_lib.data.distortions import DIGIT_SIDE
from stn_lib.grid import affine_grid
from stn_lib.registration import register
from stn_lib.training import record

METHODS = {
    "nearest": {"sampler": "nearest"},
    "bilinear": {},
    "one blur": {"blurs": (2.0,)},
    "coarse to fine": {"blurs": (4.0, 2.0, 1.0, 0.0)},
    "linearised, spread 2": {"sampler": "linearized", "spread": 2.0},
    "linearised, spread 4": {"sampler": "linearized", "spread": 4.0},
    "coarse to fine, linearised": {"blurs": (4.0, 2.0, 1.0, 0.0), "sampler": "linearized", "spread": 2.0},
}
DISTANCES = list(range(1, 21))
COARSE = list(range(2, 21, 2))  # for the linearised sampler, which reads nine points for one and takes its time
ANGLES = list(range(10, 91, 10))
SETTINGS = {
    "side": 64,  # 20 pixels from the middle the ink still ends before the rim
    "steps": 150,
    "lr": 0.02,
    "directions": 8,
    "distances": DISTANCES,
    "distances_linearised": COARSE,
    "angles": ANGLES,
    "arrived_pixels": {"shift": 0.5, "turn": 1.0},
    "methods": METHODS,
}


def found(digit: Tensor, theta: Tensor, move: str, seed: int, **method) -> Tensor:
    """How many pixels off the corners of the ink are at most, (N,), when theta (N, 2, 3) has moved the digit."""
    side = SETTINGS["side"]
    fixed = F.pad(digit, ((side - digit.shape[-1]) // 2,) * 4).expand(len(theta), 1, side, side)
    moving = F.grid_sample(fixed, affine_grid(theta, fixed.shape), align_corners=False)
    draw = torch.Generator().manual_seed(seed)
    path = register(
        moving, fixed, move=move, steps=SETTINGS["steps"], lr=SETTINGS["lr"], generator=draw, **method
    )  # fmt: skip
    box = (
        DIGIT_SIDE / side * torch.tensor([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]).expand(len(theta), 4, 2)
    )
    # The moving picture, read at the theta sought, is the fixed one: that theta undoes the one that moved it.
    gap = transforms.apply(path.theta[-1], box) - transforms.apply(transforms.invert(theta), box)
    return gap.norm(dim=2).amax(1) * side / 2


def shifts(distances: list[int]) -> Tensor:
    """Moves by each distance in pixels in eight directions: theta (distances * 8, 2, 3)."""
    way = torch.arange(8) * torch.pi / 4
    step = torch.stack([way.cos(), way.sin()], 1) * 2 / SETTINGS["side"]
    return transforms.translation((torch.tensor(distances)[:, None, None] * step).flatten(0, 1))


def run(digit: int, name: str) -> dict:
    """One digit and one method: the share of starts, in per cent, that arrive from each distance and angle."""
    method, picture = METHODS[name], sample_digits()[digit : digit + 1]
    distances = COARSE if "linearised" in name else DISTANCES
    turns = transforms.rotation(torch.deg2rad(torch.tensor([s * a for a in ANGLES for s in (1.0, -1.0)])))
    began = time.perf_counter()
    off = found(picture, shifts(distances), "translation", digit, **method).view(len(distances), 8)
    turned = found(picture, turns, "affine", digit, **method).view(len(ANGLES), 2)
    limits = SETTINGS["arrived_pixels"]
    return {
        "digit": digit,
        "method": name,
        "seconds": round(time.perf_counter() - began, 1),
        "distances": distances,
        "shift_percent": (100 * (off < limits["shift"]).double().mean(1)).tolist(),
        "turn_percent": (100 * (turned < limits["turn"]).double().mean(1)).tolist(),
    }


def summary(rows: list[dict], name: str) -> dict:
    """The mean over digits, and the basin: the largest distance up to which at least nine in ten arrive."""
    mine = [row for row in rows if row["method"] == name]
    told = {"digits": len(mine)}
    for what, at in (("shift", mine[0]["distances"]), ("turn", ANGLES)):
        share = torch.tensor([row[f"{what}_percent"] for row in mine], dtype=torch.float64).mean(0).tolist()
        lost = [k for k, percent in enumerate(share) if percent < 90]
        reached = at[: lost[0]] if lost else at
        told[what] = {
            "percent": {str(a): round(p, 1) for a, p in zip(at, share, strict=True)},
            "basin": reached[-1] if reached else 0,
            "ends_within_range": bool(lost),
        }
    return told


def table(summaries: dict[str, dict]) -> str:
    """The summaries in Markdown."""
    shown, angles = (2, 4, 6, 8, 10, 12, 14, 16, 18, 20), (10, 20, 30, 40, 50, 60, 70, 80, 90)
    lines = []
    for what, at, unit in (("shift", shown, "px"), ("turn", angles, "°")):
        lines += [f"| {what} | basin | " + " | ".join(f"{a} {unit}" for a in at) + " |", "|---" * (len(at) + 2) + "|"]
        for name, told in summaries.items():
            part = told[what]
            basin = f"{'' if part['ends_within_range'] else '≥ '}{part['basin']} {unit}"
            lines.append(f"| {name} | {basin} | " + " | ".join(f"{part['percent'][str(a)]:.0f}" for a in at) + " |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Measure what the file lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digits", type=int, default=6, help="how many digits of sample_digits, from 0")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "basin.json", help="the table")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    settings = json.loads(json.dumps(SETTINGS))  # as a file gives them back: lists, not tuples
    known = taken_up(arguments.out, "python benchmarks/basin.py", settings, parser)
    done = {(row["digit"], row["method"]) for row in known["runs"]}
    for digit in range(arguments.digits):
        for name in METHODS:
            if (digit, name) in done:
                continue
            known["runs"].append(run(digit, name))
            known["summary"] = {
                name: summary(known["runs"], name)
                for name in METHODS
                if any(row["method"] == name for row in known["runs"])
            }
            record.write(arguments.out, known)
    print(table(known["summary"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
