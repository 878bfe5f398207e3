"""What tells whether two crops show the same thing: the inside of a digit classifier."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stn_lib.appendix import _descent
from stn_lib.data import DigitsSplit, Distortion, training_batch
from stn_lib.models import CNN
from stn_lib.training import TrainConfig
from stn_lib.training.loop import threads

CROP = 28
ENCODER_STEPS = 1000
#: What the encoder learns on: whole digits, from those that a window of the whole picture would show (a third) to those
#: that fill the crop. To one that knew only digits in the middle, a half of one would be as strange as none, and no
#: slope would lead from there to the whole.
SEEN = Distortion("seen through a window", out_size=(CROP, CROP), max_angle=0.0, scale=(0.3, 1.4), placed=True)
#: Each layer's share in a descriptor's length. The three give digits squared distances below the margin: the hinge then
#: hardly ever closes. At 1 it closed for any window that held a 6, and windows stayed as wide as they were.
SHARE = 0.5


def soften(images: Tensor) -> Tensor:
    """Pictures (N, C, H, W) after two means over 3 x 3 pixels.

    A window of three quarters of 84 pixels is read at every second or third one only: of sharp strokes it catches some
    by chance, and the slope to another place is noise.
    """
    for _ in range(2):
        images = F.avg_pool2d(images, 3, stride=1, padding=1)
    return images


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

    def forward(self, crops: Tensor) -> Tensor:
        parts = zip(self.layers(crops), self.length, strict=True)
        return torch.cat([SHARE * part / one for part, one in parts], dim=1)


@threads(1)
def train_encoder(split: DigitsSplit, seed: int = 0, steps: int = ENCODER_STEPS, **descent: Any) -> Encoder:
    """An `Encoder` trained to tell softened digits of any size and place apart, then frozen: the only labels used.

    Args:
        split: the digits; the training ones of all classes are used.
        seed, steps: of its training.
        descent: ``out``, ``until`` and ``progress``, as in `run`.

    Source: Jaderberg et al. 2015, appendix A.2.
    Chapter: 7
    """
    split = split._replace(train_images=soften(split.train_images))
    encoder = _descent.seeded(Encoder, seed)
    config = TrainConfig(seed=seed, steps=steps, batch_size=64)
    _descent.descend(
        encoder, lambda g: training_batch(split, SEEN, config.batch_size, generator=g),
        lambda images, labels: F.cross_entropy(
            encoder.classifier(images), labels, label_smoothing=config.label_smoothing
        ),
        config, _descent.settings(config, run="encoder", digits=len(split.train_images)), **descent,
    )  # fmt: skip
    encoder.measure(split.train_images[:1000])
    return encoder.requires_grad_(False)
