"""A transformer of volumes: 3 x 4 affine, trilinear. It turns a digit in space, so that its shadow can be read."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix import descent
from experiments.appendix.space import AFFINE_3D, affine_grid_3d, rotation_3d
from stn_lib import _validate
from stn_lib.data import DigitsSplit, load_mnist
from stn_lib.data.batches import HELD_OUT_SEED
from stn_lib.data.distortions import DIGIT_SIDE
from stn_lib.models import count_parameters
from stn_lib.models.table1 import BUDGET, Table1Network
from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training import TrainConfig
from stn_lib.training.loop import threads

DIGIT = 0.7  # side of a digit's picture, as a share of the volume's side
DEPTH = 0.2  # how deep it is extruded, as another
MAX_ANGLE = torch.pi / 2
STEPS = 1000


def extrude(
    images: Tensor, side: int = 32, max_angle: float = MAX_ANGLE, *, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Extrude digits, turn each in space, and place each in a volume of its own.

    Convention:
        A digit's picture fills 0.7 of the volume's side and is 0.2 of it deep. Turns are about an axis drawn uniformly
        from the sphere, by an angle drawn uniformly from [0, max_angle]. It may then stand anywhere where the ball round
        its ink fits whole. theta maps OUTPUT to INPUT, the volume to the upright block of the digit: it is what a
        transformer would have to *undo*.

    Args:
        images: (N, 1, h, w) float.
        side: voxels of the volume along each axis.
        max_angle: largest turn, in radians, from 0 to pi.
        generator: where all randomness comes from.

    Returns:
        Volumes (N, 1, side, side, side) and theta (N, 3, 4).

    Raises:
        TypeError: images that are not of a floating dtype.
        ValueError: images of another form, a side below 8, an angle out of range.

    Example:
        >>> digits, g = torch.rand(5, 1, 28, 28), torch.Generator().manual_seed(0)
        >>> tuple(extrude(digits, 16, generator=g)[0].shape)
        (5, 1, 16, 16, 16)

    Source: Jaderberg et al. 2015, appendix A.3, which gives neither the turns nor the sizes.
    Chapter: 7
    """
    _validate.floating("images", images, "divide by 255 first")
    if images.ndim != 4 or images.shape[1] != 1:
        raise ValueError(f"expected images of shape (N, 1, H, W), got {_validate.shape_of(images)}")
    if side < 8:
        raise ValueError(f"expected a side of at least 8 voxels, got {side}")
    if not 0 <= max_angle <= torch.pi:
        raise ValueError(f"expected max_angle in [0, pi] radians, got {max_angle}: degrees?")
    n = len(images)
    turn = rotation_3d(torch.randn(n, 3, generator=generator), max_angle * torch.rand(n, generator=generator))
    ink = DIGIT_SIDE / 28 * DIGIT
    room = 1 - (2 * ink**2 + DEPTH**2) ** 0.5
    place = room * (2 * torch.rand(n, 3, 1, generator=generator) - 1)
    back = turn.transpose(1, 2) / torch.tensor([DIGIT, DIGIT, DEPTH])[:, None]
    theta = torch.cat([back, -back @ place], dim=2).to(images)
    block = images[:, :, None].expand(-1, -1, max(2, round(DEPTH * side)), -1, -1)
    grid = affine_grid_3d(theta, (n, 1, side, side, side))
    return F.grid_sample(block, grid, align_corners=False), theta


class VolumeNetwork(nn.Module):
    """Classifies volumes by their shadow: ``transformer``, if any, the sum along the depth, ``classifier``.

    Convention:
        Both networks have as many parameters as `stn_lib.models.table1.BUDGET` says, and classifiers of one kind.

    Args:
        transformer: whether the volume is moved before it is projected.
        side: of the volume; a multiple of 8.

    Raises:
        ValueError: for another side.

    Example:
        >>> net = VolumeNetwork(side=16)
        >>> tuple(net.shadow(torch.zeros(5, 1, 16, 16, 16)).shape), tuple(net(torch.zeros(5, 1, 16, 16, 16)).shape)
        ((5, 1, 16, 16), (5, 10))

    Source: Jaderberg et al. 2015, appendix A.3.
    Chapter: 7
    """

    def __init__(self, transformer: bool = True, side: int = 32):
        super().__init__()
        if side < 8 or side % 8:
            raise ValueError(f"expected a side that is a multiple of 8, which halves evenly three times, got {side}")
        self.side = side
        self.transformer = None
        if transformer:
            self.transformer = SpatialTransformer(_localization(side), (side // 2, side, side), AFFINE_3D)
        left = BUDGET - (count_parameters(self.transformer) if transformer else 0)
        self.classifier = Table1Network("cnn", None, (side, side), budget=left)

    def shadow(self, volumes: Tensor) -> Tensor:
        """The sum along the depth of the moved volumes, (N, 1, H, W): about 1 where a digit is seen face on."""
        if self.transformer is not None:
            volumes = self.transformer(volumes)
        return volumes.sum(2) / (DEPTH * volumes.shape[2])

    def forward(self, volumes: Tensor) -> Tensor:
        """Logits (N, 10) of volumes (N, 1, side, side, side)."""
        if volumes.shape[1:] != (1, self.side, self.side, self.side):
            raise ValueError(
                f"expected volumes of shape (N, 1, {self.side}, {self.side}, {self.side}), got "
                f"{_validate.shape_of(volumes)}"
            )
        return self.classifier(self.shadow(volumes))


def _localization(side: int) -> nn.Sequential:
    return nn.Sequential(
        nn.AvgPool3d(2),
        *(nn.Conv3d(1, 8, 5, stride=2, padding=2, bias=False), nn.BatchNorm3d(8), nn.ReLU()),
        *(nn.Conv3d(8, 16, 3, padding=1, bias=False), nn.MaxPool3d(2), nn.BatchNorm3d(16), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(16 * (side // 8) ** 3, 64), nn.ReLU(), nn.Linear(64, 12)),
    )


@threads(1)
def run(
    seed: int = 0,
    steps: int = STEPS,
    *,
    transformer: bool = True,
    side: int = 32,
    max_angle: float = MAX_ANGLE,
    batch_size: int = 64,
    lr: float = 4e-3,
    precision: str = "bfloat16",
    hold_out: str = "test",
    split: DigitsSplit | None = None,
    out: str | Path | None = None,
    until: float | None = None,
    checkpoint_every: int = 100,
    progress: bool = True,
) -> dict[str, Any]:
    """Train a network to read digits turned in space, and measure it once on held-out digits.

    The paper's volume has 60 voxels a side. 32 are a sixth of the work: what two cores do in minutes.

    Args:
        seed: decides the first weights and all training volumes.
        steps: how many batches.
        transformer, side: as in `VolumeNetwork`.
        max_angle: as in `extrude`.
        batch_size: volumes in a batch.
        lr: highest learning rate, as in `stn_lib.training.TrainConfig`, as are `precision` and `hold_out`.
        split: the digits; MNIST's if None.
        out: folder for a checkpoint, from which the same call goes on; None writes nothing.
        until: the time (of `time.monotonic`) after which to write a checkpoint and stop.
        checkpoint_every: steps between checkpoints.
        progress: whether to show a progress bar.

    Returns:
        What was measured, as `experiments.appendix.addition.run`. The ``paper`` gives no figure.

    Raises:
        ValueError: bad settings; where `out` holds another run.
        OutOfTime: where `until` has passed; the same call goes on.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> split = load_digits_split()
        >>> few = split._replace(test_images=split.test_images[:8], test_labels=split.test_labels[:8])
        >>> run(steps=1, side=8, batch_size=4, split=few, progress=False)["n"]
        8

    Source: Jaderberg et al. 2015, appendix A.3.
    Chapter: 7
    """
    network = descent.seeded(lambda: VolumeNetwork(transformer, side), seed)
    config = TrainConfig(
        seed=seed, steps=steps, batch_size=batch_size, lr=lr, precision=precision, hold_out=hold_out
    )  # fmt: skip
    split = load_mnist(hold_out) if split is None else split
    name = "st-cnn affine" if transformer else "cnn"
    about = descent.settings(
        config, run=f"volume {name}", side=side, max_angle=max_angle, digits=len(split.train_images)
    )

    def draw(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(split.train_images), (batch_size,), generator=generator)
        return extrude(split.train_images[chosen], side, max_angle, generator=generator)[0], split.train_labels[chosen]

    def loss(volumes: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(network(volumes).float(), labels, label_smoothing=config.label_smoothing)

    done = descent.descend(
        network, draw, loss, config, about, out=out, until=until, checkpoint_every=checkpoint_every, progress=progress
    )  # fmt: skip
    frozen = torch.Generator().manual_seed(HELD_OUT_SEED)
    wrong = 0
    with torch.inference_mode():
        for images, labels in zip(split.test_images.split(100), split.test_labels.split(100), strict=True):
            volumes, _ = extrude(images, side, max_angle, generator=frozen)
            wrong += int((network(volumes).argmax(1) != labels).sum())
    return descent.told(name, network, config, about, done, **descent.error(wrong, len(split.test_images)), paper=None)
