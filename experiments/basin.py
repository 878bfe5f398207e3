"""The distances from which gradient descent on theta registers a digit: the basin of attraction of each method.

A digit is registered to itself, shifted by d pixels in eight directions or rotated by an angle to either side, starting
from the identity. Every method makes the same number of steps.
"""

import argparse
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from experiments.experiment import Experiment, Job
from experiments.record import Row
from stn_lib import transforms
from stn_lib.data import sample_digits
from stn_lib.data.distortions import DIGIT_SIDE
from stn_lib.grid import affine_grid
from stn_lib.registration import register

METHODS = {
    "nearest": {"sampler": "nearest"},
    "bilinear": {},
    "bicubic": {"sampler": "bicubic"},
    "bilinear, blur 1": {"blurs": (1.0,)},
    "bilinear, blur 2": {"blurs": (2.0,)},
    "coarse to fine": {"blurs": (4.0, 2.0, 1.0, 0.0)},
    "linearised, spread 2": {"sampler": "linearized", "spread": 2.0},
    "linearised, spread 4": {"sampler": "linearized", "spread": 4.0},
    "coarse to fine, linearised": {"blurs": (4.0, 2.0, 1.0, 0.0), "sampler": "linearized", "spread": 2.0},
}
DISTANCES = list(range(1, 21))
COARSE = list(range(2, 21, 2))  # for the linearised sampler, which is slow: it samples nine points for each one
ANGLES = list(range(10, 91, 10))
SETTINGS = {
    "side": 64,  # shifted by 20 pixels, the digit is still inside
    "steps": 150,
    "lr": 0.02,
    "directions": 8,
    "distances": DISTANCES,
    "distances_linearised": COARSE,
    "angles": ANGLES,
    "arrived_pixels": {"shift": 0.5, "rotation": 1.0},
    "methods": METHODS,
}


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The values that determine every row."""
    return SETTINGS


def rows(options: argparse.Namespace) -> list[Row]:
    """One row for each digit and method."""
    return [{"digit": digit, "method": name} for digit in range(options.digits) for name in METHODS]


def measure(row: Row, job: Job) -> Row:
    """Measure the percentage of starts that arrive from each distance and angle."""
    digit, name = row["digit"], row["method"]
    image = sample_digits()[digit : digit + 1]
    distances = COARSE if "linearised" in name else DISTANCES
    rotations = transforms.rotation(torch.deg2rad(torch.tensor([s * a for a in ANGLES for s in (1.0, -1.0)])))
    shifted = distance_left(image, shifts(distances), "translation", digit, **METHODS[name]).view(len(distances), 8)
    rotated = distance_left(image, rotations, "affine", digit, **METHODS[name]).view(len(ANGLES), 2)
    limits = SETTINGS["arrived_pixels"]
    return {
        "distances": distances,
        "shift_percent": (100 * (shifted < limits["shift"]).double().mean(1)).tolist(),
        "rotation_percent": (100 * (rotated < limits["rotation"]).double().mean(1)).tolist(),
    }


def distance_left(digit: Tensor, theta: Tensor, move: str, seed: int, **method: Any) -> Tensor:
    """Register the digit to itself, moved by theta (N, 2, 3): the largest error of a corner of its box in pixels, (N,)."""
    side = SETTINGS["side"]
    fixed = F.pad(digit, ((side - digit.shape[-1]) // 2,) * 4).expand(len(theta), 1, side, side)
    moving = F.grid_sample(fixed, affine_grid(theta, fixed.shape), align_corners=False)
    path = register(
        moving, fixed, move=move, steps=SETTINGS["steps"], lr=SETTINGS["lr"],
        generator=torch.Generator().manual_seed(seed), **method,
    )  # fmt: skip
    box = (
        DIGIT_SIDE / side * torch.tensor([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]).expand(len(theta), 4, 2)
    )
    # The correct theta changes the moving image into the fixed one: it is the inverse of the theta that moved it.
    gap = transforms.apply(path.theta[-1], box) - transforms.apply(transforms.invert(theta), box)
    return gap.norm(dim=2).amax(1) * side / 2


def shifts(distances: list[int]) -> Tensor:
    """Return the shifts by each distance in pixels in eight directions: theta (distances * 8, 2, 3)."""
    way = torch.arange(8) * torch.pi / 4
    step = torch.stack([way.cos(), way.sin()], 1) * 2 / SETTINGS["side"]
    return transforms.translation((torch.tensor(distances)[:, None, None] * step).flatten(0, 1))


def summarise(rows: list[Row]) -> dict[str, dict[str, Any]]:
    """Each method's mean over digits, and its basin: the largest distance up to which nine in ten starts arrive."""
    return {name: summarise_method(own) for name in METHODS if (own := [r for r in rows if r["method"] == name])}


def summarise_method(rows: list[Row]) -> dict[str, Any]:
    """Summarise the rows of one method."""
    summary: dict[str, Any] = {"digits": len(rows)}
    for what, at in (("shift", rows[0]["distances"]), ("rotation", ANGLES)):
        share = torch.tensor([row[f"{what}_percent"] for row in rows], dtype=torch.float64).mean(0).tolist()
        failed = [k for k, percent in enumerate(share) if percent < 90]
        reached = at[: failed[0]] if failed else at
        summary[what] = {
            "percent": {str(a): round(p, 1) for a, p in zip(at, share, strict=True)},
            "basin": reached[-1] if reached else 0,
            "ends_within_range": bool(failed),
        }
    return summary


def report(record: dict[str, Any]) -> str:
    """Format the summary in Markdown."""
    shown, angles = (2, 4, 6, 8, 10, 12, 14, 16, 18, 20), (10, 20, 30, 40, 50, 60, 70, 80, 90)
    lines = []
    for what, at, unit in (("shift", shown, "px"), ("rotation", angles, "°")):
        lines += [f"| {what} | basin | " + " | ".join(f"{a} {unit}" for a in at) + " |", "|---" * (len(at) + 2) + "|"]
        for name, methods in record["summary"].items():
            part = methods[what]
            basin = f"{'' if part['ends_within_range'] else '≥ '}{part['basin']} {unit}"
            lines.append(f"| {name} | {basin} | " + " | ".join(f"{part['percent'][str(a)]:.0f}" for a in at) + " |")
        lines.append("")
    return "\n".join(lines)


EXPERIMENT = Experiment(("digit", "method"), rows, measure, report, settings, summarise=summarise)
