"""What tells whether two crops show the same thing: the inside of a digit classifier."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.scenes import CROP, glimpses
from stn_lib.data import DigitsSplit
from stn_lib.models import CNN
from stn_lib.training import TrainConfig
from stn_lib.training.loop import threads

ENCODER_STEPS = 4000
#: Each layer's share in a descriptor's length. The three give digits squared distances below the margin: the hinge then
#: hardly ever closes. At 1 it closed for any window that held a 6, and windows stayed wide (validation, one seed).
SHARE = 0.5


class Encoder(nn.Module):
    """What makes two crops comparable: the last three layers of a digit classifier, laid side by side.

    Convention:
        The features behind its convolutions, its hidden units and its logits, each divided by its own root mean square
        length, so that all three count alike, times `SHARE`.

    Example:
        >>> tuple(Encoder()(torch.zeros(5, 1, 28, 28)).shape)
        (5, 254)

    Source: Jaderberg et al. 2015, appendix A.2, which takes the layers as they are.
    Chapter: 7
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
            inner = isinstance(layer, nn.Linear) and layer is not self.classifier[-1]  # its ReLU is still to come
            if crops.ndim == 2 and not inner:
                kept.append(crops)
        return kept

    @torch.no_grad()
    def measure(self, images: Tensor) -> None:
        """Set the lengths to those that digits (N, 1, 28, 28) have."""
        self.length.copy_(torch.stack([part.square().sum(1).mean().sqrt() for part in self.layers(images)]))

    def mark(self) -> float:
        """A number that tells this encoder from any other: of all that it computes with, in whatever order it is stored."""
        return SHARE + sum(value.double().abs().sum().item() for value in self.state_dict().values())

    def forward(self, crops: Tensor) -> Tensor:
        parts = zip(self.layers(crops), self.length, strict=True)
        return torch.cat([SHARE * part / one for part, one in parts], dim=1)


@threads(1)
def train_encoder(split: DigitsSplit, seed: int = 0, steps: int = ENCODER_STEPS, **descent: Any) -> Encoder:
    """An `Encoder` trained to tell digits apart, seen through windows of any size, then frozen: the only labels used.

    Convention:
        It learns on what it is asked about later (`glimpses`). With an encoder of clean digits, of any size and place, no
        digit of TC was ever found (all ten classes, seed 0).

    Args:
        split: the digits; the training ones of all classes are used.
        seed, steps: of its training.
        descent: ``out``, ``until`` and ``progress``, as in `run`.

    Source: Jaderberg et al. 2015, appendix A.2.
    Chapter: 7
    """
    encoder = descent.seeded(Encoder, seed)
    config = TrainConfig(seed=seed, steps=steps, batch_size=64)
    descent.descend(
        encoder, lambda g: glimpses(split, config.batch_size, generator=g),
        lambda images, labels: F.cross_entropy(
            encoder.classifier(images), labels, label_smoothing=config.label_smoothing
        ),
        config, descent.settings(config, run="encoder of glimpses", digits=len(split.train_images)), **descent,
    )  # fmt: skip
    encoder.measure(glimpses(split, 1000, generator=torch.Generator().manual_seed(seed))[0])
    return encoder.requires_grad_(False)
