"""How often the cover's two networks disagree when a digit is thrown, and what the transformer does to it.

A throw draws a rotation, a scale and a place for one of the ten sample digits, as in training. The pair of three-layer
networks sees the same throws: it shows how much of the gap is due to the cover's small classifiers.
"""

import argparse
import dataclasses
import math
from typing import Any

import torch
from torch import Tensor, nn

from experiments.experiment import Experiment, Job
from experiments.record import Row
from stn_lib import models
from stn_lib.data import distort, sample_digits
from stn_lib.metrics import error_interval, pose
from stn_lib.training import cover_config
from stn_lib.transforms import compose

PAIRS = ("cover", "digits-rts")  # names of the weights, without -cnn and -st-cnn
DIGITS = range(10)
THROWS = 200  # of each digit
SEED = 0
RECIPE = cover_config("st-cnn").recipe  # a throw is drawn as the training images of the cover's networks


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides a throw."""
    recipe = dataclasses.asdict(RECIPE)
    return {
        "throws": THROWS,
        "seed": SEED,
        **{name: recipe[name] for name in ("out_size", "max_angle", "scale", "placed")},
    }


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each pair of networks and each digit."""
    return [{"pair": pair, "digit": digit} for pair in PAIRS for digit in DIGITS]


def measure(row: Row, job: Job) -> Row:
    """Throw one digit, and ask both networks of a pair."""
    networks = [models.load_pretrained(f"{row['pair']}-{kind}") for kind in ("cnn", "st-cnn")]
    return throw(*networks, row["digit"], THROWS)


@torch.no_grad()
def throw(cnn: nn.Module, st_cnn: nn.Module, digit: int, throws: int) -> Row:
    """The answers of two networks to throws of one digit, and the poses of the digit before the transformer and after."""
    generator = torch.Generator().manual_seed(SEED + digit)
    upright = sample_digits()[digit][None]
    images, theta = distort(upright.expand(throws, -1, -1, -1), RECIPE, generator=generator)
    plain, other = (network(images).argmax(1) == digit for network in (cnn, st_cnn))
    return {
        "throws": throws,
        "both": int((plain & other).sum()),
        "only_st_cnn": int((~plain & other).sum()),
        "only_cnn": int((plain & ~other).sum()),
        "neither": int((~plain & ~other).sum()),
        **poses(theta, st_cnn.transformer.theta(images)),
    }


def poses(theta: Tensor, window: Tensor) -> dict[str, float]:
    """What the transformer undoes.

    Args:
        theta: (N, 2, 3), of the throws.
        window: (N, 2, 3), theta of the transformer.

    Returns:
        ``rotation_undone_percent``: 0 if V is rotated as U is, 100 if V is upright in every throw (or rotated by the
        same angle). ``place_spread_pixels``: the mean distance of the digit's centre in V from its mean place, in pixels
        of V; ``frozen_spread_pixels``: the same for a window that never moves and shows the whole of U.
    """
    before, after = pose(theta), pose(compose(theta, window))
    a, b = (p.rotation.double() - p.rotation.double().mean() for p in (before, after))
    return {
        "rotation_undone_percent": round(100 * (1 - ((a * b).sum() / a.square().sum()).item()), 1),
        "place_spread_pixels": round(14 * spread(after.center), 2),
        "frozen_spread_pixels": round(14 * spread(before.center), 2),
    }


def spread(points: Tensor) -> float:
    """The mean distance of points (N, 2) from their mean."""
    return (points - points.mean(0)).norm(dim=1).mean().item()


def summary(runs: list[Row]) -> dict[str, Any]:
    """For each pair: what share of all throws each network answers correctly, and the means over the digits."""
    found = {}
    for pair in PAIRS:
        own = [row for row in runs if row["pair"] == pair]
        if not own:
            continue
        n = sum(row["throws"] for row in own)
        both, st_only, cnn_only = (sum(row[key] for row in own) for key in ("both", "only_st_cnn", "only_cnn"))
        found[pair] = {
            "throws": n,
            **{name: _share(count, n) for name, count in (
                ("cnn", both + cnn_only), ("st_cnn", both + st_only), ("only_st_cnn", st_only), ("only_cnn", cnn_only)
            )},
            **{key: round(math.fsum(row[key] for row in own) / len(own), 2)
               for key in ("rotation_undone_percent", "place_spread_pixels", "frozen_spread_pixels")},
        }  # fmt: skip
    return found


def _share(count: int, n: int) -> dict[str, Any]:
    low, high = error_interval(count, n)
    return {"count": count, "percent": round(100 * count / n, 2), "interval_percent": [round(low, 2), round(high, 2)]}


def report(record: dict[str, Any]) -> str:
    """Both pairs in Markdown."""
    lines = [
        "| pair | throws | CNN correct, % | ST-CNN correct, % | only ST-CNN, % | rotation undone, % | spread of places, px (frozen) |",
        "|---" * 7 + "|",
    ]
    for pair, found in summary(record["runs"]).items():
        shares = " | ".join(f"{found[name]['percent']:.1f}" for name in ("cnn", "st_cnn", "only_st_cnn"))
        lines.append(
            f"| {pair} | {found['throws']:,} | {shares} | {found['rotation_undone_percent']:.0f} | "
            f"{found['place_spread_pixels']:.1f} ({found['frozen_spread_pixels']:.1f}) |"
        )
    return "\n".join(lines)


EXPERIMENT = Experiment(("pair", "digit"), rows, measure, report, settings, summarise=summary)
