"""Store a trained network for the page, and measure what few bits for each weight change."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from experiments.catalogue import ROOT, find
from experiments.record import Row
from stn_lib.models import load_pretrained, round_weights, save_weights
from stn_lib.models.weights import WEIGHTS

BITS = 8  # of a weight in the page


def weights_folder(name: str, options: argparse.Namespace) -> Path:
    """Where an experiment stores weights: for the book's record those of the book, for another one beside it."""
    return WEIGHTS if Path(options.out) == ROOT / find(name).record else Path(options.out).parent


@torch.inference_mode()
def store_and_measure(
    network: nn.Module,
    path: Path,
    measure: Callable[[nn.Module], Row],
    images: Iterable[Tensor],
    *,
    note: Callable[[Row], Row] = dict,
    **about: Any,
) -> tuple[Row, Row, int]:
    """Store the weights in half precision, with their error; measure them as stored, and in 8 bits.

    Args:
        network: trained.
        path: of the weights.
        measure: from a network, its row.
        images: on which the answers of both are compared, in batches.
        note: from the row, what is stored beside the weights.
        about: what else is stored there; with the ``seed``.

    Returns:
        The row of the stored weights, that of 8 bits, and for how many images an answer changes.
    """
    stored = load_pretrained(save_weights(network, path, seed=about["seed"]))
    found = measure(stored)
    save_weights(network, path, **about, **note(found))
    coarse = round_weights(stored, BITS)
    changed = 0
    for part in images:
        differs = stored(part).argmax(-1) != coarse(part).argmax(-1)
        changed += int(differs.view(len(part), -1).any(1).sum())
    return found, measure(coarse), changed
