"""Save and load trained weights as safetensors, in half precision; loading them runs no code."""

import copy
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from stn_lib.files import write_atomically
from stn_lib.models.export import fold_batch_norm
from stn_lib.models.registry import MODELS

WEIGHTS = Path(__file__).parent / "pretrained"


def save_weights(model: nn.Module, path: str | Path, **info: Any) -> Path:
    """Write a trained network's half-precision weights and the record of its training as safetensors.

    Args:
        model: a trained network of a class in `stn_lib.models.MODELS`. Its batch norms are folded, if all can be.
        path: the file to write.
        info: the record (command, seed, config, measured error …); JSON values.

    Returns:
        The path.

    Raises:
        ValueError: for weights that are not finite in half precision, whose largest number is 65504.
    """
    from safetensors.torch import save

    kind = next(name for name, cls in MODELS.items() if isinstance(model, cls))
    state = {key: value.half().contiguous() for key, value in _folded(model).state_dict().items()}
    infinite = [key for key, value in state.items() if not value.isfinite().all()]
    if infinite:
        raise ValueError(
            f"expected weights that are finite in half precision, got NaN or infinity in {', '.join(infinite)}: train "
            "again with a lower lr"
        )
    about = {"model": kind, "arguments": model.arguments, **info}
    write_atomically(path, save(state, metadata={key: json.dumps(value) for key, value in about.items()}))
    return Path(path)


def pretrained_info(name: str | Path) -> dict[str, Any]:
    """Return the record in a weights file: model, arguments, command, seed, config, measured error.

    Args:
        name: of a file in ``stn_lib/models/pretrained`` (without its ending), or the path of a ``.safetensors`` file.

    Raises:
        FileNotFoundError: for a missing file; the message names the existing ones.
        ValueError: for a damaged file, or one that `save_weights` did not write.
    """
    from safetensors import SafetensorError, safe_open

    path = _weights_path(name)
    try:
        with safe_open(path, "pt") as file:
            about = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"expected a weights file, got a damaged one, {path}: {error}") from error
    if not (isinstance(about.get("model"), str) and about["model"] in MODELS):
        raise ValueError(f"expected weights written by `python -m stn_lib export`, got {path} without its model")
    return about


def load_pretrained(name: str | Path) -> nn.Module:
    """Load a trained network, with its batch norms folded if all can be, in evaluation mode.

    Args:
        name: ``"cover-cnn"``, ``"cover-st-cnn"``, ``"digits-rts-cnn"``, ``"digits-rts-st-cnn"``, trained on the embedded
            digits, as are ``"house-numbers-cnn"`` and ``"house-numbers-st-cnn"``; ``"birds-cnn"``, ``"birds-st-cnn"``, on drawn
            birds; ``"mnist-rts-cnn"``, ``"mnist-rts-st-cnn"``, on MNIST; or the path of a ``.safetensors`` file.

    Returns:
        The network in float32; each weight is a half-precision number, so `to_operations` does not round it again.

    Raises:
        FileNotFoundError: for a missing file; the message names the existing ones.
        ValueError: for a damaged file, or one that `save_weights` did not write.

    Chapter: 7
    """
    from safetensors.torch import load_file

    about, path = pretrained_info(name), _weights_path(name)
    try:
        with torch.random.fork_rng(devices=[]):  # loading must not change the random state
            model = _folded(MODELS[about["model"]](**about["arguments"]))
        model.load_state_dict({key: value.float() for key, value in load_file(path).items()})
    except Exception as error:  # foreign arguments and weights cause errors of many kinds
        raise ValueError(
            f"expected weights written by `python -m stn_lib export`, got others in {path}: export the run again"
        ) from error
    return model.eval()


def _folded(model: nn.Module) -> nn.Module:
    """Copy a network with its batch norms folded; with them if one is not directly behind a layer with weights."""
    try:
        return fold_batch_norm(model)
    except ValueError:
        return copy.deepcopy(model)


def _weights_path(name: str | Path) -> Path:
    path = Path(name) if str(name).endswith(".safetensors") else WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        known = sorted(p.stem for p in WEIGHTS.glob("*.safetensors"))
        raise FileNotFoundError(f"expected one of {known} or the path of a .safetensors file, got {name!r}")
    return path
