"""Checkpoints and metrics logs that survive being killed at any moment."""

import json
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stn_lib.files import write_atomically

FORMAT = 1


def save(path: str | Path, content: dict[str, Any]) -> None:
    """Write a checkpoint atomically: tensors and plain Python values only."""
    import io

    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **content}, buffer)
    write_atomically(path, buffer.getvalue())


def load(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint; no code in it is ever run (``weights_only=True``).

    Raises:
        FileNotFoundError: where there is none.
        ValueError: for a file that is damaged, foreign or of another format.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"expected a checkpoint, got no file at {path}: train first, or check the path")
    try:
        # On the CPU first: a run of a GPU is opened where there is none, and a run that goes on moves it back itself.
        content = torch.load(path, weights_only=True, map_location="cpu")
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ValueError(
            f"expected a checkpoint, got a damaged or foreign file, {path} ({reason}): "
            "delete it to train from the start"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"expected a checkpoint of format {FORMAT}, got another file, {path}")
    return content


def refuse_another(known: dict[str, Any], mine: dict[str, Any], what: str, file: Path | None) -> None:
    """Raise where a checkpoint was written by a run of other settings.

    Args:
        known: the settings in the checkpoint.
        mine: those of the run that would take it up.
        what: the message's word for them, ``"config"``.
        file: the checkpoint.

    Raises:
        ValueError: it names each setting that differs, on both sides.
    """
    other = {key: known.get(key) for key in {**known, **mine} if known.get(key) != mine.get(key)}
    if other:
        raise ValueError(
            f"expected a checkpoint of this {what}, got one with {other} in {file}, now "
            f"{ {key: mine.get(key) for key in other} }: choose another folder, or delete it"
        )


def put_weights(model: nn.Module, weights: dict[str, Tensor], file: Path | None) -> None:
    """Give a network the weights of a checkpoint.

    Raises:
        ValueError: where they are of a network that the code no longer makes.
    """
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(
            f"expected the weights of a {type(model).__name__} as it is made today, got others in {file}: another version "
            "of this code wrote it; delete it and train again"
        ) from error


class MetricsLog:
    """A log of one JSON object a line, each with its step; a run taken up again rewrites nothing twice.

    Args:
        path: of the file; None for a log that is nowhere written.
        upto: keep lines of steps up to this one, drop later ones (a run that was killed after its last
            checkpoint has logged steps that it will take again) and a last line that was cut short.
    """

    def __init__(self, path: str | Path | None, upto: int = 0):
        self._file = None
        if path is None:
            return
        path = Path(path)
        kept = [line for line, step in _lines(path) if step <= upto] if upto else []
        write_atomically(path, "".join(kept).encode())
        self._file = open(path, "a", encoding="utf-8", newline="\n")  # noqa: SIM115 - open for the whole run

    def write(self, **values: Any) -> None:
        """Add a line."""
        if self._file:
            self._file.write(json.dumps(values) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


def last_logged(path: str | Path) -> int:
    """The step of a log's last whole line; 0 where there is none."""
    return max((step for _, step in _lines(Path(path))), default=0)


def _lines(path: Path) -> list[tuple[str, int]]:
    """The whole lines of a log, each with its step, up to the first that is none."""
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
