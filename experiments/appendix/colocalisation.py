"""Co-localisation: a transformer learns to frame what pictures have in common. Nobody tells it where that is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from experiments.appendix import descent
from experiments.appendix.encoder import Encoder, train_encoder
from experiments.appendix.scenes import (
    BLUR,
    CROP,
    LARGEST,
    PICTURES,
    SIDE,
    SMALLEST,
    TASKS,
    boxes,
    common_set,
    inside,
    read,
    shown,
    soften,
    window,
    windows,
)
from stn_lib import _validate
from stn_lib.coordinates import centres
from stn_lib.data import DigitsSplit, distort, load_mnist
from stn_lib.data.batches import HELD_OUT_SEED
from stn_lib.grid import affine_grid
from stn_lib.localization import conv_blocks
from stn_lib.metrics import error_interval
from stn_lib.spatial_transformer import SpatialTransformer, Transform
from stn_lib.training import TrainConfig
from stn_lib.training.loop import threads

STEPS, BATCH, LR = 2400, 32, 1e-2
#: How often to descend, at least and, while every try has lost the digits, at most. A try that found them leaves a loss
#: of 0.3 to 0.6; one that leaves more than `LOST` is near the margin 1, where crops are no more alike than patches.
TRIES, LOST = (3, 9), 0.75
#: Share of digits found, in per cent: (lowest, highest) over the ten classes.
PAPER = {"T": (100, 100), "TC": (75, 94)}

#: Patches' half-sides (None: their window's own), and the share of the steps with them. Against patches of 28 x 28 pixels
#: descent finds the digits, in windows up to twice as wide, which their size alone tells from a patch; against patches
#: as large as the window only those that fit are unlike. From the start on, windows may flee them.
STAGES = ((CROP / SIDE, 0.75), (None, 0.25))


def _window(parameters: Tensor) -> Tensor:
    # Without these bounds there are shortcuts: crops of nothing (outside the picture), of one point (zoomed in without
    # end) and of everything (zoomed out) are all alike, and unlike a random patch. The place is as it was told inside
    # them: a digit at the rim needs no endless answer, as it would with a tanh.
    half = SMALLEST + (LARGEST - SMALLEST) * torch.sigmoid(parameters[:, :1])
    return window(half, inside(half, parameters[:, 1:]))


#: The attention transform, held inside the picture, its side between a quarter and four fifths of the picture's. It
#: starts in the middle, at .73: wide enough to hold a part of every digit. Where many crops of the start are blank,
#: descent makes all of them blank.
WINDOW = Transform((2.0, 0.0, 0.0), _window, affine_grid)


class Points(nn.Module):
    """Where each channel of a picture is bright: (N, C, H, W) to (N, 2 C), x and y of each, in -1 to 1.

    Convention:
        A softmax over the pixels of a channel, sharpened four times, then the mean place. What is seen elsewhere moves
        the point as far: where things are need not be learnt for every place anew.

    Example:
        >>> picture = torch.zeros(1, 1, 3, 3)
        >>> picture[0, 0, 0, 2] = 9.0
        >>> [round(x, 3) for x in Points()(picture)[0].tolist()]
        [0.667, -0.667]

    Source: Levine et al., End-to-End Training of Deep Visuomotor Policies, 2016, section 5.1.
    """

    def forward(self, maps: Tensor) -> Tensor:
        share = (4 * maps.flatten(2)).softmax(2).view(maps.shape)
        height, width = maps.shape[2:]
        x, y = (centres(side, False, dtype=maps.dtype, device=maps.device) for side in (width, height))
        return torch.stack([(share.sum(2) * x).sum(2), (share.sum(3) * y).sum(2)], dim=2).flatten(1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of boxes, pair by pair.

    Convention:
        A box is (left, top, right, bottom) with left <= right and top <= bottom; 1 is the same box, 0 a box apart.

    Args:
        a, b: (N, 4).

    Returns:
        (N,).

    Raises:
        ValueError: boxes of another form, or with sides the wrong way round.

    Example:
        >>> iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]])).item()  # 2 of 6
        0.3333333432674408

    Source: Jaderberg et al. 2015, appendix A.2, where more than 0.5 is a hit.
    Chapter: 7
    """
    for name, value in (("a", a), ("b", b)):
        if value.ndim != 2 or value.shape[1] != 4 or bool((value[:, :2] > value[:, 2:]).any()):
            raise ValueError(
                f"expected {name} to hold boxes (N, 4) with left <= right and top <= bottom, got "
                f"{_validate.shape_of(value)}: {value[:1].tolist()}, …"
            )
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    both = (high - low).clamp(min=0).prod(1)
    return both / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - both)


def random_patches(theta: Tensor, places: Tensor, size: float | None = None) -> Tensor:
    """Windows of one size, or as large as those of theta (N, 2, 3), at places (N, 2): -1 and 1 are the rims."""
    half = theta[:, 0, :1] if size is None else torch.full_like(theta[:, 0, :1], size)
    return window(half, places * (1 - half))


def triplet_loss(crops: Tensor, patches: Tensor, margin: float = 1.0) -> Tensor:
    """The hinge that pulls crops together, and away from random patches.

    Convention:
        The anchor is crop n; the positive is the crop of every other picture m of the batch; the negative is a random
        patch of the anchor's own picture n. The mean over all pairs n != m of
        max(0, |crop n - crop m|^2 - |crop n - patch n|^2 + margin).

    Args:
        crops: (N, D), descriptors of what the transformer framed, one of each picture.
        patches: (N, D), those of random patches of the same pictures, in the same order.
        margin: how much farther the negative must be than the positive, in squared distance.

    Returns:
        The loss, a number.

    Raises:
        ValueError: descriptors of different shapes, or of fewer than two pictures.

    Example:
        >>> triplet_loss(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [3.0]])).item()  # (1 - 1 + 1 and 0) / 2
        0.5

    Source: Jaderberg et al. 2015, appendix A.2.
    Chapter: 7
    """
    if crops.ndim != 2 or crops.shape != patches.shape or len(crops) < 2:
        raise ValueError(
            f"expected crops and patches of one shape (N, D) with N >= 2, got {_validate.shape_of(crops)} and "
            f"{_validate.shape_of(patches)}"
        )
    apart = (crops[:, None] - crops).square().sum(2)
    away = (crops - patches).square().sum(1, keepdim=True)
    hinge = (apart - away + margin).clamp(min=0)
    n = len(crops)
    return (hinge.sum() - hinge.diagonal().sum()) / (n * (n - 1))


def localizer() -> SpatialTransformer:
    """The network that is trained: (N, 1, 84, 84) to crops (N, 1, 28, 28); it starts in the middle of each picture."""
    looks = nn.Sequential(
        nn.AvgPool2d(2),
        *conv_blocks(1, (8,), batch_norm=True),
        nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16),
        Points(),
        nn.Linear(32, 3),
    )  # fmt: skip
    return SpatialTransformer(looks, (CROP, CROP), WINDOW)


def count_hits(theta: Tensor, truth: Tensor) -> int:
    """How many windows meet the true boxes (N, 4) with an IoU of more than 0.5."""
    return int((iou(windows(theta), truth) > 0.5).sum())


@threads(1)
def run(
    seed: int = 0,
    steps: int = STEPS,
    *,
    label: int = 8,
    kind: str = "T",
    batch_size: int = BATCH,
    lr: float = LR,
    tries: tuple[int, int] = TRIES,
    hold_out: str = "test",
    split: DigitsSplit | None = None,
    encoder: Encoder | None = None,
    encoder_out: str | Path | None = None,
    out: str | Path | None = None,
    until: float | None = None,
    checkpoint_every: int = 100,
    progress: bool = True,
) -> dict[str, Any]:
    """Let a transformer find what 100 pictures have in common, and count where it found the digit.

    As in the paper, it is measured on the very pictures it was trained on: it was not told where the digit is, and to
    find it there is the task. How it does on pictures it has not seen, of held-out digits, is measured besides.

    Convention:
        A batch is `batch_size` of the pictures, softened; from each a new random patch is read, its size as `STAGES`
        has it, every place as likely, the digit's own included. Positives and negatives: see `triplet_loss`. Descent
        may end with windows that flee the digits: of several tries that one is kept which leaves the least loss. The
        loss knows no box, so this tells nobody where the digits are. For the same reason more tries are allowed as long
        as none has left less than `LOST`.

    Args:
        seed: decides the pictures, the first weights and the batches.
        steps: how many batches.
        label, kind: as in `common_set`.
        batch_size: pictures in a batch, at most 100.
        lr: highest learning rate, as in `stn_lib.training.TrainConfig`, as is `hold_out`.
        tries: how often to descend, from other first weights and with other batches: at least, at most.
        split: the digits; MNIST's if None.
        encoder: a frozen one; one is trained if None, and kept in the folder `encoder_out`.
        out: folder for a checkpoint, from which the same call goes on; None writes nothing.
        until: the time (of `time.monotonic`) after which to write a checkpoint and stop.
        checkpoint_every: steps between checkpoints.
        progress: whether to show a progress bar.

    Returns:
        What was measured: ``hit_percent`` of ``n`` pictures and its 95 % ``interval_percent``; ``start_percent``, the
        same before training; ``attempts``, the seed of each try and the loss and hits that it left, and ``kept``, which of
        them is told of; ``boxes_loss``, what windows on the very boxes would leave, so that one can tell a bad search
        from a bad teacher; ``held_out_percent``, ``held_out_interval_percent``, ``held_out_n``; ``window``, the one on the
        picture of `scenes.shown`; the rest as `experiments.appendix.addition.run`, ``seconds`` and ``pictures`` of all tries.

    Raises:
        ValueError: bad settings; where `out` holds another run.
        OutOfTime: where `until` has passed; the same call goes on.

    Example:
        >>> from stn_lib.data import load_digits_split
        >>> found = run(steps=1, batch_size=4, split=load_digits_split(), encoder=Encoder().eval(), tries=(1, 1),
        ...     progress=False)
        >>> found["n"], found["paper"]
        (100, [100, 100])

    Source: Jaderberg et al. 2015, appendix A.2.
    Chapter: 7
    """
    if not 2 <= batch_size <= PICTURES:
        raise ValueError(f"expected a batch_size from 2 to {PICTURES}, the number of pictures, got {batch_size}")
    least, most = tries
    if not 1 <= least <= most:
        raise ValueError(f"expected tries (at least, at most), from 1 up, got {tries}")
    config = TrainConfig(
        seed=seed, steps=steps, batch_size=batch_size, lr=lr, localization_lr_factor=1.0, hold_out=hold_out
    )  # fmt: skip
    split = load_mnist(hold_out) if split is None else split
    images, truth = common_set(split, label, kind, generator=torch.Generator().manual_seed(seed))
    images = soften(images)
    if encoder is None:
        encoder = train_encoder(split, out=encoder_out, until=until, progress=progress)
    start = count_hits(_thetas(descent.seeded(localizer, seed).eval(), images), truth)
    about = descent.settings(
        config, run=f"co-localisation {kind} {label}", digits=len(split.train_images), encoder=encoder.mark(),
        stages=[list(stage) for stage in STAGES], half_sides=[SMALLEST, LARGEST], blur=BLUR,
    )  # fmt: skip
    seconds, attempts, kept = 0.0, [], None
    for attempt in range(most):
        if attempt >= least and kept[0] < LOST:
            break
        # Seeds that no run of another seed has, as long as nobody asks for a thousand.
        part = replace(config, seed=seed + 1000 * attempt)
        network, done = _descend(
            images, encoder, part, about, out=out and Path(out) / str(attempt), until=until,
            checkpoint_every=checkpoint_every, progress=progress,
        )  # fmt: skip
        seconds += done.seconds
        theta = _thetas(network, images)
        left, hits = left_loss(theta, encoder, images), count_hits(theta, truth)
        attempts.append({"seed": part.seed, "loss": left, "hit_percent": round(100 * hits / PICTURES, 2)})
        if kept is None or left < kept[0]:
            kept = left, network, hits, done.history, attempt
    _, network, hits, history, attempt = kept
    half = (truth[:, 2:3] - truth[:, :1]) / 2
    framed = window(half, truth[:, :2] + half)
    held = split.test_images[split.test_labels == label]
    frozen = torch.Generator().manual_seed(HELD_OUT_SEED)
    unseen, theta = distort(held, TASKS[kind], generator=frozen, others=split.test_images)
    others = count_hits(_thetas(network, soften(unseen)), boxes(theta))
    drawn = windows(_thetas(network, soften(shown(label, kind)[0])))[0].tolist()
    return descent.told(
        f"{kind} {label}", network, config, about, descent.Descent(history, seconds),
        hit_percent=round(100 * hits / PICTURES, 2), n=PICTURES,
        interval_percent=[round(x, 2) for x in error_interval(hits, PICTURES)],
        start_percent=round(100 * start / PICTURES, 2), attempts=attempts, kept=attempt,
        boxes_loss=left_loss(framed, encoder, images),
        pictures=len(attempts) * steps * batch_size,
        held_out_percent=round(100 * others / len(held), 2), held_out_n=len(held),
        held_out_interval_percent=[round(x, 2) for x in error_interval(others, len(held))], paper=list(PAPER[kind]),
        window=[round(x, 4) for x in drawn],
    )  # fmt: skip


def _descend(
    images: Tensor, encoder: Encoder, config: TrainConfig, about: dict[str, Any], *, out: Path | None, **how: Any
) -> tuple[SpatialTransformer, descent.Descent]:
    """One try: a localiser trained through all `STAGES`, and how its loss fell."""
    network = descent.seeded(localizer, config.seed)

    def draw(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = images[torch.randperm(len(images), generator=generator)[: config.batch_size]]
        return chosen, 2 * torch.rand(config.batch_size, 2, generator=generator) - 1

    seconds, history = 0.0, []
    for stage, (size, share) in enumerate(STAGES):
        part = replace(config, steps=max(1, round(share * config.steps)))
        done = descent.descend(
            network, draw, lambda chosen, places, size=size: _loss(network.theta(chosen), encoder, chosen, places, size),
            part, {**about, "seed": config.seed, "stage": stage}, out=out and out / str(stage), **how,
        )  # fmt: skip
        before = history[-1]["step"] if history else 0
        history += [{**point, "step": point["step"] + before} for point in done.history]
        seconds += done.seconds
    return network, descent.Descent(history, seconds)


@torch.no_grad()
def _thetas(network: SpatialTransformer, images: Tensor) -> Tensor:
    return network.theta(images)


def _loss(theta: Tensor, encoder: Encoder, images: Tensor, places: Tensor, size: float | None = None) -> Tensor:
    crops, patches = (read(images, where) for where in (theta, random_patches(theta, places, size)))
    return triplet_loss(encoder(crops), encoder(patches))


@torch.no_grad()
def left_loss(theta: Tensor, encoder: Encoder, images: Tensor) -> float:
    """The loss of windows over all pictures, against patches as large as they are, at places that are always the same."""
    frozen = torch.Generator().manual_seed(HELD_OUT_SEED)
    return _loss(theta, encoder, images, 2 * torch.rand(len(images), 2, generator=frozen) - 1).item()
