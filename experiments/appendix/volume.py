"""A transformer of volumes: 3 x 4 affine, trilinear. It rotates a digit in space, so that its projection can be classified."""

import argparse
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.appendix.common import error, line, report, run_row
from experiments.appendix.space import AFFINE_3D, affine_grid_3d, rotation_3d
from experiments.experiment import Experiment, Job
from experiments.networks import seeded
from experiments.record import Row
from stn_lib import _validate
from stn_lib.data import DigitsSplit, load_dataset
from stn_lib.data.batches import HELD_OUT_SEED
from stn_lib.data.distortions import DIGIT_SIDE
from stn_lib.models import count_parameters
from stn_lib.models.table1 import BUDGET, Table1Network
from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit

DIGIT = 0.7  # side of a digit's image, as a share of the volume's side
DEPTH = 0.2  # depth of the extruded digit, as a share of the volume's side
SIDE = 32  # the paper's volume has 60 voxels a side; 32 are a sixth of the work, minutes on two cores
MAX_ANGLE = torch.pi / 2
STEPS, BATCH, LR = 1000, 64, 4e-3


def extrude(
    images: Tensor, side: int = 32, max_angle: float = MAX_ANGLE, *, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Extrude digits, rotate each in space, and place each in a volume of its own.

    Convention:
        A digit's image fills 0.7 of the volume's side and is 0.2 of it deep. The axis of rotation is drawn uniformly from
        the sphere, the angle uniformly from [0, max_angle]. The digit may then be anywhere where the ball around its
        foreground fits whole. theta maps OUTPUT to INPUT, the volume to the upright block of the digit: it is what a
        transformer would have to *undo*.

    Args:
        images: (N, 1, h, w) float.
        side: voxels of the volume along each axis.
        max_angle: largest rotation, in radians, from 0 to pi.
        generator: the source of all randomness.

    Returns:
        Volumes (N, 1, side, side, side) and theta (N, 3, 4).

    Raises:
        TypeError: images that are not of a floating dtype.
        ValueError: images of another form, a side below 8, an angle out of range.

    Example:
        >>> digits, g = torch.rand(5, 1, 28, 28), torch.Generator().manual_seed(0)
        >>> tuple(extrude(digits, 16, generator=g)[0].shape)
        (5, 1, 16, 16, 16)

    Source: Jaderberg et al. 2015, appendix A.3, which gives neither the rotations nor the sizes.
    Chapter: appendix
    """
    _validate.floating("images", images, "divide by 255 first")
    if images.ndim != 4 or images.shape[1] != 1:
        raise ValueError(f"expected images of shape (N, 1, H, W), got {_validate.shape_of(images)}")
    if side < 8:
        raise ValueError(f"expected a side of at least 8 voxels, got {side}")
    if not 0 <= max_angle <= torch.pi:
        raise ValueError(f"expected max_angle in [0, pi] radians, got {max_angle}: degrees?")
    n = len(images)
    rotation = rotation_3d(torch.randn(n, 3, generator=generator), max_angle * torch.rand(n, generator=generator))
    foreground = DIGIT_SIDE / 28 * DIGIT
    room = 1 - (2 * foreground**2 + DEPTH**2) ** 0.5
    place = room * (2 * torch.rand(n, 3, 1, generator=generator) - 1)
    back = rotation.transpose(1, 2) / torch.tensor([DIGIT, DIGIT, DEPTH])[:, None]
    theta = torch.cat([back, -back @ place], dim=2).to(images)
    block = images[:, :, None].expand(-1, -1, max(2, round(DEPTH * side)), -1, -1)
    grid = affine_grid_3d(theta, (n, 1, side, side, side))
    return F.grid_sample(block, grid, align_corners=False), theta


class VolumeNetwork(nn.Module):
    """Classifies volumes by their projection: ``transformer``, if any, the sum along the depth, ``classifier``.

    Convention:
        Both networks have `stn_lib.models.table1.BUDGET` parameters, and classifiers of one kind.

    Args:
        transformer: whether the volume is warped before it is projected.
        side: of the volume; a multiple of 8.

    Raises:
        ValueError: for another side.

    Example:
        >>> net = VolumeNetwork(side=16)
        >>> tuple(net.projection(torch.zeros(5, 1, 16, 16, 16)).shape), tuple(net(torch.zeros(5, 1, 16, 16, 16)).shape)
        ((5, 1, 16, 16), (5, 10))

    Source: Jaderberg et al. 2015, appendix A.3.
    Chapter: appendix
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

    def projection(self, volumes: Tensor) -> Tensor:
        """The sum along the depth of the warped volumes, (N, 1, H, W): about 1 where a digit is seen face on."""
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
        return self.classifier(self.projection(volumes))


def _localization(side: int) -> nn.Sequential:
    return nn.Sequential(
        nn.AvgPool3d(2),
        *(nn.Conv3d(1, 8, 5, stride=2, padding=2, bias=False), nn.BatchNorm3d(8), nn.ReLU()),
        *(nn.Conv3d(8, 16, 3, padding=1, bias=False), nn.MaxPool3d(2), nn.BatchNorm3d(16), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(16 * (side // 8) ** 3, 64), nn.ReLU(), nn.Linear(64, 12)),
    )


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides every row."""
    return {
        "steps": STEPS, "batch_size": BATCH, "lr": LR, "side": SIDE, "max_angle": MAX_ANGLE, "hold_out": options.hold_out
    }  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each network and seed."""
    return [{"run": name, "seed": seed} for seed in range(options.seeds) for name in ("cnn", "st-cnn affine")]


def config_of(row: Row) -> FitConfig:
    """How the network of a row is trained."""
    return FitConfig(seed=row["seed"], steps=STEPS, batch_size=BATCH, lr=LR, precision="bfloat16")


def measure(row: Row, job: Job) -> Row:
    """Train one network on MNIST digits rotated in space, and measure it once on held-out digits."""
    split = load_dataset("mnist", job.options.hold_out)
    return train_and_measure(row["run"], config_of(row), split, job)[0]


def train_and_measure(
    name: str, config: FitConfig, split: DigitsSplit, job: Job, side: int = SIDE, max_angle: float = MAX_ANGLE
) -> tuple[Row, VolumeNetwork]:
    """Train ``"cnn"`` or ``"st-cnn affine"`` to classify rotated volumes, and measure its error on held-out digits.

    Returns:
        The measured part of the row, and the network, in evaluation mode. The paper gives no figure.

    Source: Jaderberg et al. 2015, appendix A.3.
    """
    network = seeded(lambda: VolumeNetwork(name.startswith("st-"), side), config.seed)
    about = {
        "run": f"volume {name}", "side": side, "max_angle": max_angle, "digits": len(split.train_images),
        "hold_out": job.options.hold_out,
    }  # fmt: skip

    def batches(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(split.train_images), (config.batch_size,), generator=generator)
        return extrude(split.train_images[chosen], side, max_angle, generator=generator)[0], split.train_labels[chosen]

    def loss(network: nn.Module, volumes: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(network(volumes).float(), labels, label_smoothing=config.label_smoothing)

    result = fit(network, batches, loss, config, about=about, out=job.folder, stop=job.stop, progress=job.progress)
    measured = error(count_wrong(network, split, side, max_angle), len(split.test_images))
    return run_row(network, config, about, result, **measured, paper=None), network


def count_wrong(network: VolumeNetwork, split: DigitsSplit, side: int, max_angle: float) -> int:
    """How many held-out digits, each in a volume that never changes, the network misclassifies."""
    frozen = torch.Generator().manual_seed(HELD_OUT_SEED)
    wrong = 0
    with torch.inference_mode():
        for images, labels in zip(split.test_images.split(100), split.test_labels.split(100), strict=True):
            volumes, _ = extrude(images, side, max_angle, generator=frozen)
            wrong += int((network(volumes).argmax(1) != labels).sum())
    return wrong


EXPERIMENT = Experiment(
    ("run", "seed"), rows, measure, report, settings, line=line, steps=lambda row, options: STEPS,
    prepare=lambda job: load_dataset("mnist", job.options.hold_out),
)  # fmt: skip
