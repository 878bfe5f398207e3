"""MNIST addition: two distorted digits in two channels, one answer, their sum."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix import descent
from stn_lib import _validate
from stn_lib.data import DigitsSplit, held_out_set, load_mnist, training_batch
from stn_lib.data.batches import HELD_OUT_SEED
from stn_lib.localization import FullyConnectedLocalization
from stn_lib.models import count_parameters
from stn_lib.models.table1 import BUDGET, convolutional, fully_connected, within
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer
from stn_lib.training import TrainConfig
from stn_lib.training.loop import threads

SIDE = 42  # of a picture, as the distortion RTS makes it
SUMS = 19  # 0 + 0 to 9 + 9
SEEN = 28  # side of what a transformer hands on: that of an undistorted digit
TRANSFORMERS = {"fcn": 0, "cnn": 0, "st-fcn": 1, "2xst-fcn": 2}

#: Error in per cent, by model and transform; of the single transformer the best of three, whose transform is not told.
PAPER = {
    ("fcn", None): 47.7, ("cnn", None): 14.7, ("st-fcn", "affine"): 18.5, ("2xst-fcn", "affine"): 9.0,
    ("2xst-fcn", "projective"): 5.9, ("2xst-fcn", "tps"): 5.8,
}  # fmt: skip


def addition_batch(split: DigitsSplit, size: int, *, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw pairs of training digits, distort each on its own (RTS), and add them up.

    Args:
        split: the digits.
        size: how many pairs.
        generator: where all randomness comes from.

    Returns:
        Images (size, 2, 42, 42), one digit in each channel, and the sums (size,), from 0 to 18.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> images, sums = addition_batch(load_digits_split(), 8, generator=torch.Generator().manual_seed(0))
        >>> tuple(images.shape), tuple(sums.shape)
        ((8, 2, 42, 42), (8,))

    Source: Jaderberg et al. 2015, appendix A.1.
    Chapter: 7
    """
    (a, of_a), (b, of_b) = (training_batch(split, "RTS", size, generator=generator) for _ in range(2))
    return torch.cat([a, b], dim=1), of_a + of_b


def addition_held_out(split: DigitsSplit) -> tuple[Tensor, Tensor]:
    """The held-out digits in pairs that are the same for ever: each digit stands once in either channel.

    Convention:
        The first channel is that of `stn_lib.data.held_out_set`; the second holds the same digits in another order,
        distorted anew.

    Returns:
        Images (N, 2, 42, 42) and sums (N,), N the number of held-out digits.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> tuple(addition_held_out(load_digits_split())[0].shape)
        (445, 2, 42, 42)

    Source: Jaderberg et al. 2015, appendix A.1.
    Chapter: 7
    """
    n = len(split.test_images)
    twice = held_out_set(split, "RTS", copies=2)
    other = n + torch.randperm(n, generator=torch.Generator().manual_seed(HELD_OUT_SEED))
    images = torch.cat([twice.images[:n], twice.images[other]], dim=1)
    return images, twice.labels[:n] + twice.labels[other]


class AdditionNetwork(nn.Module):
    """Reads two channels and answers with logits of the 19 sums; ``transformers``, if any, and ``classifier``.

    Convention:
        Every transformer sees both channels and moves both by one theta; what they return is laid channel on channel, so
        two of them hand on four. All networks have as many parameters as `stn_lib.models.table1.BUDGET` says. The fully connected networks
        have two hidden layers, and localisation networks of three layers of 32 units, as the paper's; without a
        transformer, pictures are averaged over 2 x 2 pixels. Each layer is followed by a batch norm.

    Args:
        model: ``"fcn"``, fully connected; ``"cnn"``, convolutional; ``"st-fcn"`` and ``"2xst-fcn"``, fully connected
            behind one or two transformers side by side.
        transform: of the transformers, a name in `stn_lib.spatial_transformer.TRANSFORMS`; None where there is none.

    Raises:
        ValueError: for an unknown model or transform; for a transform that nothing uses, or a missing one.

    Example:
        >>> net = AdditionNetwork("2xst-fcn", "tps")
        >>> tuple(net.straightened(torch.zeros(5, 2, 42, 42)).shape), tuple(net(torch.zeros(5, 2, 42, 42)).shape)
        ((5, 4, 28, 28), (5, 19))

    Source: Jaderberg et al. 2015, appendix A.1 and A.4.
    Chapter: 7
    """

    def __init__(self, model: str = "2xst-fcn", transform: str | None = "affine"):
        super().__init__()
        _validate.one_of("model", model, list(TRANSFORMERS))
        if TRANSFORMERS[model] and transform not in TRANSFORMS:
            raise ValueError(f"expected transform in {sorted(TRANSFORMS)} for {model!r}, got {transform!r}")
        if not TRANSFORMERS[model] and transform is not None:
            raise ValueError(f"expected transform None for {model!r}, which has no transformer, got {transform!r}")
        self.transformers = nn.ModuleList(_transformer(transform) for _ in range(TRANSFORMERS[model]))
        left = BUDGET - count_parameters(self.transformers)
        size = (SEEN, SEEN) if transform else (SIDE, SIDE)
        make = convolutional if model == "cnn" else fully_connected
        self.classifier = within(left, lambda hidden: make(size, hidden, SUMS, 2 * max(TRANSFORMERS[model], 1)))

    def straightened(self, images: Tensor) -> Tensor:
        """What the classifier sees: (N, 2, 42, 42) as they are, or (N, 2 T, 28, 28) from T transformers."""
        if not len(self.transformers):
            return images
        return torch.cat([transformer(images) for transformer in self.transformers], dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, 19) of images (N, 2, 42, 42)."""
        if images.shape[1:] != (2, SIDE, SIDE):
            raise ValueError(f"expected images of shape (N, 2, {SIDE}, {SIDE}), got {_validate.shape_of(images)}")
        return self.classifier(self.straightened(images))


def _transformer(transform: str) -> SpatialTransformer:
    numbers = len(TRANSFORMS[transform].identity)
    looks = FullyConnectedLocalization((SIDE, SIDE), 2, numbers, pool=2)
    return SpatialTransformer(looks, (SEEN, SEEN), transform)


#: Steps of each model, five to twenty minutes: a fully connected step costs a fraction of a convolutional one.
STEPS = {"fcn": 24000, "cnn": 6000, "st-fcn": 24000, "2xst-fcn": 24000}
LR = 1e-2


@threads(1)
def run(
    seed: int = 0,
    steps: int | None = None,
    *,
    model: str = "2xst-fcn",
    transform: str | None = "affine",
    batch_size: int = 256,
    lr: float = LR,
    precision: str = "bfloat16",
    hold_out: str = "test",
    split: DigitsSplit | None = None,
    out: str | Path | None = None,
    until: float | None = None,
    checkpoint_every: int = 500,
    progress: bool = True,
) -> dict[str, Any]:
    """Train a network to add two digits, and measure it once on held-out pairs.

    Args:
        seed: decides the first weights and all training pairs.
        steps: how many batches; those of `STEPS` if None.
        model, transform: as in `AdditionNetwork`.
        batch_size: pairs in a batch.
        lr: highest learning rate, as in `stn_lib.training.TrainConfig`, as are `precision` and `hold_out`.
        split: the digits; MNIST's if None.
        out: folder for a checkpoint, from which the same call goes on; None writes nothing.
        until: the time (of `time.monotonic`) after which to write a checkpoint and stop.
        checkpoint_every: steps between checkpoints.
        progress: whether to show a progress bar.

    Returns:
        What was measured: ``error_percent`` and its 95 % ``interval_percent``, ``wrong`` of ``n``; the ``paper``'s
        error; ``seconds`` of training, ``parameters``, ``pictures`` trained on, ``settings``, the ``curve`` of the
        loss; and under ``"model"`` the network, in evaluation mode.

    Raises:
        ValueError: bad settings; where `out` holds another run.
        OutOfTime: where `until` has passed; the same call goes on.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> found = run(steps=2, model="fcn", transform=None, split=load_digits_split(), progress=False)
        >>> found["n"], found["paper"]
        (445, 47.7)

    Source: Jaderberg et al. 2015, appendix A.1.
    Chapter: 7
    """
    network = descent.seeded(lambda: AdditionNetwork(model, transform), seed)
    config = TrainConfig(
        seed=seed, steps=STEPS[model] if steps is None else steps, batch_size=batch_size, lr=lr, precision=precision,
        hold_out=hold_out,
    )  # fmt: skip
    split = load_mnist(hold_out) if split is None else split
    name = model if transform is None else f"{model} {transform}"
    about = descent.settings(config, run=f"addition {name}", digits=len(split.train_images))

    def loss(images: Tensor, sums: Tensor) -> Tensor:
        return F.cross_entropy(network(images).float(), sums, label_smoothing=config.label_smoothing)

    done = descent.descend(
        network, lambda g: addition_batch(split, config.batch_size, generator=g), loss, config, about,
        out=out, until=until, checkpoint_every=checkpoint_every, progress=progress,
    )  # fmt: skip
    images, sums = addition_held_out(split)
    with torch.inference_mode():
        answers = torch.cat([network(part).argmax(1) for part in images.split(500)])
    wrong = int((answers != sums).sum())
    return descent.told(
        name, network, config, about, done, **descent.error(wrong, len(sums)), paper=PAPER.get((model, transform))
    )
