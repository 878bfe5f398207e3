"""Declare the distortions of digits. Importing this loads no torch; `stn_lib.data.distort` applies them."""

import math
from dataclasses import dataclass

# A digit's centre stays at least half of this away from the border. The square holds the whole foreground of an embedded
# digit. MNIST digits are centred by their centre of mass, and a third of them reach beyond it: RTS cuts more than 1 % of
# the foreground off one digit in a thousand, TC off one in a hundred, at most 5 and 8 %.
DIGIT_SIDE = 22.0  # pixels, of the square around the centre of a 28 x 28 digit


@dataclass(frozen=True)
class Distortion:
    """A random distortion: uniform ranges of rotation, scale and position, and what is applied on top.

    Args:
        name: in the book, on the command line and in `stn_lib.training.TrainConfig`.
        out_size: (H, W) of the distorted image in pixels.
        max_angle: rotations are drawn from [-max_angle, max_angle], in radians.
        scale: (smallest, largest) scale relative to the original, pixel for pixel.
        placed: whether the digit may be anywhere in the image where it fits whole.
        max_shift: if it is not placed, translations along x and y are drawn from [-max_shift, max_shift], in pixels.
        corner_noise: standard deviation in pixels of the noise then added to each corner; see `stn_lib.data.warps`.
        lattice_noise: the same for 4 x 4 control points of a thin plate spline; at most one of the two is above 0.
        patches: number of patches of other digits that clutter the image. The digit then moves by whole pixels, because
            a network could tell a digit blurred by interpolation from sharp clutter by its sharpness alone.
        title: one to three words for the head of the page's table.
        description: what the images show, for the page's table and the command line's help.

    Source: Jaderberg et al. 2015, section 4.1.
    """

    name: str
    out_size: tuple[int, int]
    max_angle: float
    scale: tuple[float, float] = (1.0, 1.0)
    placed: bool = False
    max_shift: float = 0.0
    corner_noise: float = 0.0
    lattice_noise: float = 0.0
    patches: int = 0
    title: str = ""
    description: str = ""

    def __post_init__(self):
        low, high = self.scale
        if not 0 < low <= high:
            raise ValueError(f"expected scale (low, high) with 0 < low <= high, got {self.scale}")
        if not 0 <= self.max_angle <= math.pi:
            raise ValueError(f"expected max_angle in [0, pi] radians, got {self.max_angle}: degrees?")
        if not 0 <= self.max_shift < math.inf or (self.placed and self.max_shift):
            raise ValueError(f"expected max_shift >= 0, and 0 with placed=True, got {self.max_shift}")
        for name in ("corner_noise", "lattice_noise", "patches"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"expected {name} >= 0, got {getattr(self, name)}")
        if self.corner_noise and self.lattice_noise:
            raise ValueError("expected corner_noise or lattice_noise, got both: an image has one theta")
        if min(self.out_size) < 1:
            raise ValueError(f"expected a positive out_size (H, W), got {self.out_size}")


R = Distortion(
    "R",
    out_size=(28, 28),
    max_angle=math.pi / 2,
    title="rotated",
    description="digits rotated by up to 90°, in 28 × 28 pixels",
)
RTS = Distortion(
    "RTS",
    out_size=(42, 42),
    max_angle=math.pi / 4,
    scale=(0.7, 1.2),
    placed=True,
    title="rotated, scaled, moved",
    description="digits rotated by up to 45°, scaled by 0.7 to 1.2 and put anywhere in 42 × 42 pixels",
)
# P and E are 28 x 28 as R, because the paper's networks pool after RTS and TC only. The smaller digit leaves room: P moves
# 1.2 % of the embedded digits' foreground out of the image (4 % of them lose more than a tenth of it), E 0.002 %.
P = Distortion(
    "P",
    out_size=(28, 28),
    max_angle=0.0,
    scale=(0.75, 1.0),
    corner_noise=5.0,
    title="in perspective",
    description="digits whose four corners were pulled, in 28 × 28 pixels",
)
E = Distortion(
    "E",
    out_size=(28, 28),
    max_angle=0.0,
    scale=(0.75, 1.0),
    lattice_noise=1.5,
    title="bent",
    description="digits bent at sixteen points, in 28 × 28 pixels",
)
TC = Distortion(
    "TC",
    out_size=(60, 60),
    max_angle=0.0,
    placed=True,
    patches=6,
    title="moved, cluttered",
    description="digits put anywhere among scraps of others, in 60 × 60 pixels",
)
# Not from the paper: a digit with a wide margin, and a digit moved a little. 40 is divisible by 8.
CENTRED = Distortion(
    "centred",
    out_size=(40, 40),
    max_angle=0.0,
    title="with a margin",
    description="digits in the centre of 40 × 40 pixels",
)
SHIFTED = Distortion(
    "shifted",
    out_size=(40, 40),
    max_angle=0.0,
    max_shift=4.0,
    title="moved a little",
    description="digits moved by up to 4 pixels along x and y, in 40 × 40 pixels",
)
DISTORTIONS = {distortion.name: distortion for distortion in (R, RTS, P, E, TC, CENTRED, SHIFTED)}
