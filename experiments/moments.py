"""Record something about a network at some steps of its training."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import nn

from experiments.record import Row
from stn_lib.files import write_atomically


class Moments:
    """A callback of `fit` that records frames at some steps, and keeps them in a file if the run is resumed.

    Args:
        file: keeps the frames.
        moments: the steps.
        look: what to record of a network.
    """

    def __init__(self, file: Path, moments: Sequence[int], look: Callable[[nn.Module], Row]):
        self.file, self.moments, self.look = file, moments, look
        self.frames: list[Row] = json.loads(file.read_text()) if file.exists() else []

    def __call__(self, step: int, network: nn.Module) -> None:
        if step not in self.moments:
            return
        frame = {"step": step, **self.look(network)}
        self.frames = [*(other for other in self.frames if other["step"] < step), frame]
        write_atomically(self.file, json.dumps(self.frames).encode())
