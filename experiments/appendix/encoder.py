"""The descriptor of a crop, by which crops are compared: the inside of a digit classifier."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.scenes import CROP, glimpses
from experiments.networks import seeded
from stn_lib.data import DigitsSplit
from stn_lib.models import CNN
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit

ENCODER_STEPS = 4000
#: Each layer's share in a descriptor's length. With it, squared distances between digits are below the margin, and the
#: hinge is almost never 0. At 1 it was 0 for any window that held a 6, and windows stayed wide (validation, one seed).
SHARE = 0.5


class Encoder(nn.Module):
    """Maps a crop to its descriptor: the last three layers of a digit classifier, concatenated.

    Convention:
        The features behind its convolutions, its hidden units and its logits, each divided by its own root mean square
        length, so that all three have equal weight, times `SHARE`.

    Example:
        >>> tuple(Encoder()(torch.zeros(5, 1, 28, 28)).shape)
        (5, 254)

    Source: Jaderberg et al. 2015, appendix A.2, which takes the layers as they are.
    Chapter: appendix
    """

    def __init__(self):
        super().__init__()
        self.classifier = CNN((CROP, CROP), hidden=64)
        self.register_buffer("length", torch.ones(3))

    def layers(self, crops: Tensor) -> list[Tensor]:
        """The three layers' activations, (N, D) each."""
        kept = []
        for layer in self.classifier:
            crops = layer(crops)
            inner = isinstance(layer, nn.Linear) and layer is not self.classifier[-1]  # its ReLU follows
            if crops.ndim == 2 and not inner:
                kept.append(crops)
        return kept

    @torch.no_grad()
    def measure(self, images: Tensor) -> None:
        """Set the lengths to those that digits (N, 1, 28, 28) have."""
        self.length.copy_(torch.stack([part.square().sum(1).mean().sqrt() for part in self.layers(images)]))

    def fingerprint(self) -> float:
        """A number that differs between encoders: the sum of all its weights' magnitudes."""
        return SHARE + sum(value.double().abs().sum().item() for value in self.state_dict().values())

    def forward(self, crops: Tensor) -> Tensor:
        parts = zip(self.layers(crops), self.length, strict=True)
        return torch.cat([SHARE * part / one for part, one in parts], dim=1)


def train_encoder(
    split: DigitsSplit,
    seed: int = 0,
    steps: int = ENCODER_STEPS,
    *,
    out: str | Path | None = None,
    stop: Callable[[], bool] | None = None,
    progress: bool = True,
) -> Encoder:
    """Train an `Encoder` to classify digits seen through windows of any size, and freeze it: the only use of labels.

    Convention:
        It is trained on what it is used for later (`glimpses`). With an encoder of undistorted digits, of any size and
        place, no digit of TC was ever found (all ten classes, seed 0).

    Args:
        split: the digits; the training digits of all classes are used.
        seed, steps: of its training.
        out, stop, progress: as in `stn_lib.training.fit.fit`.

    Source: Jaderberg et al. 2015, appendix A.2.
    """
    encoder = seeded(Encoder, seed)
    config = FitConfig(seed=seed, steps=steps, batch_size=64)

    def batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return glimpses(split, config.batch_size, generator=generator)

    def loss(encoder: Encoder, images: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(encoder.classifier(images), labels, label_smoothing=config.label_smoothing)

    about = {"run": "encoder of glimpses", "digits": len(split.train_images)}
    fit(encoder, batches, loss, config, about=about, out=out, stop=stop, progress=progress)
    encoder.measure(glimpses(split, 1000, generator=torch.Generator().manual_seed(seed))[0])
    return encoder.requires_grad_(False)
