"""Birds that need no download: vector shapes, whose class is a fine pattern on the head and another on the body."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

#: Arbitrary, but they must never change: stored results depend on these images.
SEEDS = {"train": 20110626, "validation": 20150605, "test": 20151210}

SIDE = 192  # pixels
PATTERNS = ("upright stripes", "level stripes", "dots", "checks")
PARTS = ("head", "body")
CLASSES = len(PATTERNS) ** len(PARTS)
#: Weights of the waves across, along, and of their product, in `PATTERNS`. Each pattern has mean 0 and one strength.
WAVES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.5**0.5, 0.5**0.5, 0.0), (0.0, 0.0, 2.0**0.5))
PERIOD = 3.45  # of both waves, in pixels, on a small bird and on a large one
CONTRAST = 0.3  # amplitude of a stripe
NOISE = 0.03  # standard deviation of each pixel's noise
BRIGHTNESS = (0.4, 0.6)  # of each colour channel of a part, in the mean
WALL = (0.2, 0.8)  # of each colour channel of the background

#: The bird of size 1 in pixels, y down, facing right: the centre of the body is the origin.
BODY, HEAD = (20.0, 14.0), 12.0  # half-axes, radius
NECK = (17.0, -33.0)  # from the body's centre to the head's
BEND = 4.0  # pixels by which the head moves from there, along both axes
SIZE = (1.2, 1.65)
MAX_TILT = math.radians(8)
MARGIN = 6.0  # pixels between the bird's parts and the border
BLOBS = 5  # distractors: ellipses behind the bird
BLOB = (9.0, 21.0)  # their half-axes in pixels
CHUNK = 16  # images that are drawn at a time: their canvases fit into the processor's cache


class DrawnBirds(NamedTuple):
    """Images of birds.

    Args:
        images: (N, 3, SIDE, SIDE), in [0, 1].
        labels: (N,) int64: the head's pattern times the number of patterns, plus the body's.
        centres: (N, 2, 2), the centre (x, y) of head and body, normalised.
        extents: (N, 2, 2), half of the sides of the upright box around each. No network is trained with these two.
    """

    images: Tensor
    labels: Tensor
    centres: Tensor
    extents: Tensor


def draw_birds(count: int, *, free: bool = False, generator: torch.Generator) -> DrawnBirds:
    """Draw birds of all classes, each in its own pose and colours, with distractors behind it.

    Convention:
        The head is above the body and in front of it; half of the birds are mirrored. The tilt is uniform up to
        `MAX_TILT`, or up to 180 degrees if ``free``. All classes are equally likely; colours say nothing about them.
        The patterns are waves with a period of `PERIOD` pixels along and across the bird; their mean is the part's colour.
        A mean over 3 x 3 pixels leaves a sixth of a stripe's amplitude, (1 + 2 cos(2 pi / PERIOD)) / 3, and the square of
        it of a check's.
        Distractors are ellipses of one colour without a pattern.

    Args:
        count: how many birds.
        free: whether birds are rotated freely.
        generator: the only source of randomness.

    Example:
        >>> birds = draw_birds(4, generator=torch.Generator().manual_seed(0))
        >>> tuple(birds.images.shape), tuple(birds.centres.shape)
        ((4, 3, 192, 192), (4, 2, 2))

    Chapter: 11
    """
    parts = [_draw(CHUNK, free, generator) for _ in range(math.ceil(count / CHUNK))]
    return DrawnBirds(*(torch.cat(fields)[:count] for fields in zip(*parts, strict=True)))


def bird_set(split: str, count: int, *, free: bool = False) -> DrawnBirds:
    """Draw the birds of a split, with images of 8 bits; every call returns the same ones.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``. Their seeds differ.
        count: how many; fewer birds are the first of more.
        free: as in `draw_birds`.

    Raises:
        ValueError: for another split.

    Example:
        >>> bird_set("test", 3).images.dtype
        torch.uint8

    Chapter: 11
    """
    if split not in SEEDS:
        raise ValueError(f"expected a split in {list(SEEDS)}, got {split!r}")
    generator = torch.Generator().manual_seed(SEEDS[split])
    parts = []
    for _ in range(math.ceil(count / CHUNK)):
        birds = _draw(CHUNK, free, generator)
        parts.append(birds._replace(images=birds.images.mul_(255).round_().to(torch.uint8)))
    return DrawnBirds(*(torch.cat(fields)[:count] for fields in zip(*parts, strict=True)))


def bird_batch(birds: DrawnBirds, index: Tensor) -> DrawnBirds:
    """Take the birds (N,) of a `bird_set`, with images in [0, 1].

    Example:
        >>> bird_batch(bird_set("train", 8), torch.tensor([5, 2])).images.dtype
        torch.float32

    Chapter: 11
    """
    taken = DrawnBirds(*(field[index] for field in birds))
    return taken._replace(images=taken.images / 255)


class BirdScene(NamedTuple):
    """What decides images of birds (N, …), but for the noise. Places are in pixels from the image's centre, y down.

    Args:
        mirror: (N,), 1 or -1: a bird that looks to the right or to the left.
        tilt: (N,), its rotation, in radians.
        size: (N,), its scale.
        body: (N, 2), the body's centre.
        neck: (N, 2), from the body's centre to the head's, of the bird of size 1 that is not tilted and looks to the right.
        labels: (N,), as in `DrawnBirds`.
        phases: (2, N, 1, 1), of the waves across the bird and along it.
        wall: (N, 3, 4, 4), the background, which is interpolated.
        colours: (N, 4 + BLOBS, 3, 1, 1), of limbs, neck, body, head and distractors.
        blobs: (2, BLOBS, N, 1), the distractors' centres, x and y, in pixels from the image's corner.
        halves: (2, BLOBS, N, 1, 1), their half-axes.
    """

    mirror: Tensor
    tilt: Tensor
    size: Tensor
    body: Tensor
    neck: Tensor
    labels: Tensor
    phases: Tensor
    wall: Tensor
    colours: Tensor
    blobs: Tensor
    halves: Tensor


def draw_scenes(count: int, *, free: bool = False, generator: torch.Generator) -> BirdScene:
    """Draw what decides images of birds; the arguments are those of `draw_birds`.

    Example:
        >>> draw_scenes(2, generator=torch.Generator().manual_seed(0)).body.shape
        torch.Size([2, 2])

    Chapter: 11
    """
    mirror = 1.0 - 2 * torch.randint(2, (count,), generator=generator)
    limit = math.pi if free else MAX_TILT
    tilt = _uniform((-limit, limit), (count,), generator)
    size = _uniform(SIZE, (count,), generator)
    neck = torch.tensor(NECK) + _uniform((-BEND, BEND), (count, 2), generator)
    head, extents = bird_parts(mirror, tilt, size, neck)
    low, high = body_room(head, extents)
    body = torch.lerp(low, high, torch.rand(count, 2, generator=generator))
    labels = torch.randint(CLASSES, (count,), generator=generator)
    phases = _uniform((0, 2 * math.pi), (2, count, 1, 1), generator)
    wall = _uniform(WALL, (count, 3, 4, 4), generator)
    colours = _uniform(BRIGHTNESS, (count, 4 + BLOBS, 3, 1, 1), generator)
    blobs = SIDE * torch.rand(2, BLOBS, count, 1, generator=generator)
    halves = _uniform(BLOB, (2, BLOBS, count, 1, 1), generator)
    return BirdScene(mirror, tilt, size, body, neck, labels, phases, wall, colours, blobs, halves)


def bird_parts(mirror: Tensor, tilt: Tensor, size: Tensor, neck: Tensor) -> tuple[Tensor, Tensor]:
    """Where the parts of birds are, in pixels: the head's centre from the body's (N, 2); extents (N, 2, 2), head and body.

    Chapter: 11
    """
    cos, sin = tilt.cos(), tilt.sin()
    rotate = torch.stack([cos, -sin, sin, cos], 1).view(-1, 2, 2)
    head = (rotate @ (neck * torch.stack([mirror, torch.ones(len(mirror))], 1) * size[:, None])[:, :, None])[:, :, 0]
    body_extent = size[:, None] * (rotate * torch.tensor(BODY)).square().sum(2).sqrt()
    return head, torch.stack([(size * HEAD)[:, None].expand(-1, 2), body_extent], 1)


def body_room(head: Tensor, extents: Tensor) -> tuple[Tensor, Tensor]:
    """The first and the last place (N, 2) of the body's centre at which both parts are in the image, by `MARGIN`.

    Chapter: 11
    """
    low = torch.minimum(-extents[:, 1], head - extents[:, 0])
    high = torch.maximum(extents[:, 1], head + extents[:, 0])
    room = SIDE / 2 - MARGIN
    return -room - low, room - high


def paint_birds(scene: BirdScene) -> Tensor:
    """The images (N, 3, SIDE, SIDE) of scenes, without noise.

    Example:
        >>> paint_birds(draw_scenes(2, generator=torch.Generator().manual_seed(0))).shape
        torch.Size([2, 3, 192, 192])

    Chapter: 11
    """
    u, v = _bird_coordinates(scene)
    shapes = _shapes(u, v, scene)
    waves = _waves(u, v, scene)
    weights = torch.tensor(WAVES)

    def pattern(which: Tensor) -> Tensor:
        return torch.einsum("nk,nkhw->nhw", CONTRAST * weights[which], waves)

    image = F.interpolate(scene.wall, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    colours, labels = scene.colours, scene.labels
    for k, blob in enumerate(_blobs(scene)):
        _paint(image, blob, colours[:, 4 + k])
    _paint(image, shapes["limbs"], 0.5 * colours[:, 0])
    _paint(image, shapes["neck"], colours[:, 1])
    _paint(image, shapes["body"], colours[:, 2] + pattern(labels % len(PATTERNS))[:, None])
    _paint(image, shapes["head"], colours[:, 3] + pattern(labels // len(PATTERNS))[:, None])
    _paint(image, shapes["eye"], torch.full((), 0.05))
    return image


def _draw(count: int, free: bool, generator: torch.Generator) -> DrawnBirds:
    scene = draw_scenes(count, free=free, generator=generator)
    head, extents = bird_parts(scene.mirror, scene.tilt, scene.size, scene.neck)
    centres = torch.stack([scene.body + head, scene.body], 1)
    image = paint_birds(scene)
    image.add_(torch.randn(image.shape, generator=generator), alpha=NOISE).clamp_(0, 1)
    return DrawnBirds(image, scene.labels, centres / (SIDE / 2), extents / (SIDE / 2))


def _bird_coordinates(pose: BirdScene) -> tuple[Tensor, Tensor]:
    """The pixels' (x, y) in the bird of size 1, from its body's centre, both (N, SIDE, SIDE)."""
    axis = torch.arange(SIDE) + 0.5 - SIDE / 2
    x, y = axis - pose.body[:, :1], axis - pose.body[:, 1:]
    cos, sin = (pose.tilt.cos() / pose.size)[:, None], (pose.tilt.sin() / pose.size)[:, None]
    m = pose.mirror[:, None]
    u = (m * cos * x)[:, None, :] + (m * sin * y)[:, :, None]
    v = (-sin * x)[:, None, :] + (cos * y)[:, :, None]
    return u, v


def _shapes(u: Tensor, v: Tensor, pose: BirdScene) -> dict[str, Tensor]:
    """How much of each pixel (N, SIDE, SIDE) each shape of the bird covers."""
    size = pose.size[:, None, None]
    head = u - pose.neck[:, 0, None, None], v - pose.neck[:, 1, None, None]  # from the head's centre
    tail, beak = _segment(u, v, (-18, -2), (-38, 6), 5.0), _segment(*head, (8, 1), (18, 3), 2.2)
    leg = _segment(u.abs(), v, (5, 12), (5, 27), 1.3)  # both, one on each side
    distances = {
        "limbs": torch.minimum(torch.minimum(tail, beak), leg),
        "neck": _segment(*head, (0, 0), (-7, 27), 7.0),
        "body": _ellipse(u, v, *BODY),
        "head": _circle(*head, (0, 0), HEAD),
        "eye": _circle(*head, (5, -3), 1.6),
    }
    return {name: _cover(distance.mul_(size)) for name, distance in distances.items()}


def _cover(distance: Tensor) -> Tensor:
    """How much of a pixel a shape covers, from the signed distance of its centre: an edge is one pixel wide."""
    return distance.neg_().add_(0.5).clamp_(0, 1)


def _circle(x: Tensor, y: Tensor, centre: tuple[float, float], radius: float) -> Tensor:
    """The signed distance to a circle."""
    return (x - centre[0]).square_().add_((y - centre[1]).square_()).sqrt_().sub_(radius)


def _ellipse(x: Tensor, y: Tensor, a: Tensor | float, b: Tensor | float) -> Tensor:
    """About the signed distance to an ellipse: exact on it, and to first order beside it."""
    p, q = x / a, y / b
    slope = ((p / a).square_() + (q / b).square_()).sqrt_().mul_(2).clamp_(min=1e-6)
    return (p.square_() + q.square_()).sub_(1).div_(slope)


def _segment(x: Tensor, y: Tensor, start: tuple[float, float], end: tuple[float, float], radius: float) -> Tensor:
    """The signed distance to a thick line with round ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    along = (px * dx).add_(py, alpha=dy).div_(dx * dx + dy * dy).clamp_(0, 1)
    return px.sub_(along, alpha=dx).square_().add_(py.sub_(along, alpha=dy).square_()).sqrt_().sub_(radius)


def _waves(u: Tensor, v: Tensor, pose: BirdScene) -> Tensor:
    """The waves across the bird and along it, and their product: (N, 3, SIDE, SIDE)."""
    rate = (2 * math.pi / PERIOD * pose.size)[:, None, None]
    across, along = (rate * u + pose.phases[0]).cos_(), (rate * v + pose.phases[1]).cos_()
    return torch.stack([across, along, across * along], 1)


def _blobs(scene: BirdScene) -> list[Tensor]:
    """How much of each pixel (N, SIDE, SIDE) each distractor covers."""
    axis = torch.arange(SIDE) + 0.5
    x, y = (axis - scene.blobs[0])[:, :, None, :], (axis - scene.blobs[1])[:, :, :, None]
    return [_cover(_ellipse(x[k], y[k], scene.halves[0, k], scene.halves[1, k])) for k in range(BLOBS)]


def _paint(image: Tensor, cover: Tensor, colour: Tensor) -> None:
    image.lerp_(colour.expand_as(image), cover[:, None].expand_as(image))


def _uniform(limits: tuple[float, float], shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    low, high = limits
    return low + (high - low) * torch.rand(shape, generator=generator)
