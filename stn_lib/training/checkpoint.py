"""Checkpoints and metrics logs that survive being killed at any moment."""

import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib.files import check_writable, naming, write_atomically
from stn_lib.training.config import MACHINE, with_defaults

FORMAT = 2
#: What the checkpoint of a training run holds besides its format.
PARTS: dict[str, type] = {
    "config": dict, "about": dict, "step": int, "seconds": float, "history": list, "model": dict, "optimizer": dict,
    "generator": Tensor, "rng": dict,
}  # fmt: skip
#: What a user can do about a file that training cannot resume from.
START_AGAIN = "choose another folder, or delete it to train from the start"


def save(path: str | Path, content: dict[str, Any]) -> None:
    """Write a checkpoint atomically: tensors and plain Python values only."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **content}, buffer)
    write_atomically(path, buffer.getvalue())


def load(path: str | Path, remedy: str = START_AGAIN) -> dict[str, Any]:
    """Read a checkpoint without running any code in it (``weights_only=True``).

    Args:
        path: of the file.
        remedy: what the caller's user can do if it is no checkpoint; the error ends with it.

    Raises:
        FileNotFoundError: if there is no file.
        ValueError: for a damaged file, and for one that no run of this library wrote.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"expected a checkpoint, got no file at {path}: train first, or check the path")
    with usable(path, remedy), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of a foreign pickle, which is refused anyway
        # To the CPU first: a GPU's checkpoint must open without one. A run that resumes moves it back itself.
        content = torch.load(path, weights_only=True, map_location="cpu")
    if not (isinstance(content, dict) and "format" in content):
        raise ValueError(f"{path} is not a run of this library: {remedy}")
    if content["format"] != FORMAT:
        raise ValueError(f"another version of this library wrote {path}: {remedy}")
    return content


@contextmanager
def usable(file: Path | None, remedy: str = START_AGAIN) -> Iterator[None]:
    """Blame a file for every error that its content causes, but not for those of the file system.

    No list of errors is complete: torch raises many kinds for foreign content, and its messages suggest
    weights_only=False, which runs the file's code.

    Raises:
        ValueError: instead of the error; it names the file and ends with the remedy.
    """
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{file} is damaged, or not a run of this library: {remedy}") from error


def check_parts(saved: dict[str, Any], file: Path | None, remedy: str = START_AGAIN) -> None:
    """Refuse a checkpoint that lacks a part of a training run, or has one of another type.

    Raises:
        ValueError: it names the parts, and ends with the remedy.
    """
    missing = [name for name in PARTS if name not in saved]
    if missing:
        raise ValueError(f"{file} is not a training run of this library, it has no {missing}: {remedy}")
    wrong = [name for name, kind in PARTS.items() if not isinstance(saved[name], kind)]
    if wrong:
        raise ValueError(f"{file} is damaged, or not a run of this library, its {wrong} have other types: {remedy}")


def check_same_config(saved: dict[str, Any], mine: dict[str, Any], file: Path | None) -> None:
    """Refuse a checkpoint whose run has another config. The device and the number of threads may differ.

    A field that the checkpoint's config lacks, because it is older than the field, has its default.

    Args:
        saved: the checkpoint of a training run.
        mine: the same two entries of the run that would resume.
        file: the checkpoint's path.

    Raises:
        ValueError: it names each setting that differs, with both values.
    """
    check_parts(saved, file)
    old, new = ({**with_defaults(part["config"]), **part["about"]} for part in (saved, mine))
    differ = [key for key in {**old, **new} if old.get(key) != new.get(key) and key not in MACHINE]
    if differ:
        known = ", ".join(f"{key}={old.get(key)!r}" for key in differ)
        now = ", ".join(f"{key}={new.get(key)!r}" for key in differ)
        raise ValueError(f"expected a checkpoint with {now}, got one with {known} in {file}: {START_AGAIN}")


def load_weights(model: nn.Module, weights: dict[str, Tensor], file: Path | None) -> None:
    """Load a checkpoint's weights into a network.

    Raises:
        ValueError: if the weights do not fit the network.
    """
    try:
        model.load_state_dict(weights)
    except Exception as error:  # foreign keys and values cause errors of many kinds
        raise ValueError(
            f"expected the weights of a {type(model).__name__} of this version, got others in {file}: delete it and "
            "train again"
        ) from error


class MetricsLog:
    """A log with one JSON object per line, each with its step. A resumed run logs no step twice.

    The first line makes the file, so that a run that fails before it leaves none.

    Args:
        path: of the file; None writes nothing.
        upto: the last step to keep. Later lines are dropped, because a run that was killed after its last checkpoint
            repeats those steps; so is a last line that was cut short.

    Raises:
        OSError: if the file cannot be written.
    """

    def __init__(self, path: str | Path | None, upto: int = 0):
        self._path = None if path is None else Path(path)
        if self._path is None:
            return
        check_writable(self._path)
        kept = [line for line, step in _lines(self._path) if step <= upto] if upto else []
        if kept:
            write_atomically(self._path, "".join(kept).encode())
        else:
            self._path.unlink(missing_ok=True)

    def write(self, **values: Any) -> None:
        """Add a line."""
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with naming(self._path), open(self._path, "a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(values) + "\n")


def last_logged(path: str | Path) -> int:
    """The step of the last complete line of a log; 0 if there is none."""
    return max((step for _, step in _lines(Path(path))), default=0)


def _lines(path: Path) -> list[tuple[str, int]]:
    """The complete lines of a log, each with its step, up to the first that is damaged."""
    if not path.is_file():
        return []
    kept = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        try:
            step = int(json.loads(line)["step"])
        except (json.JSONDecodeError, KeyError, TypeError, ValueError):
            break
        if line.endswith("\n"):
            kept.append((line, step))
    return kept
