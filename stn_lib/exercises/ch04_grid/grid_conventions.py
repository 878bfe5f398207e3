"""torch's grid of pixel centres, and the misconceptions about `align_corners`, which several exercises share.

Convention: sizes are (H, W), points (x, y); pixels count from 0; -1 and 1 are the outer edges of the image, or with
`align_corners` the centres of its outermost pixels.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Misconception


def from_rows(*rows: list[float]) -> Tensor:
    """A float64 matrix."""
    return torch.tensor(rows, dtype=torch.float64)


def torch_grid(size: tuple[int, int], align_corners: bool) -> Tensor:
    """The pixel centres (H, W, 2) by torch's affine_grid."""
    identity = torch.eye(2, 3, dtype=torch.float64)[None]
    return F.affine_grid(identity, (1, 1, *size), align_corners=align_corners)[0]


def align_corners_mistakes(function: Callable[..., Tensor]) -> dict[str, Misconception]:
    """The three mistakes about a last argument `align_corners` of a function."""
    return {
        "always_edges": Misconception(
            "You ignore `align_corners`: with True, −1 and 1 are the CENTRES of the outermost pixels.",
            lambda *a: function(*a[:-1], False),
        ),
        "always_centres": Misconception(
            "You always put −1 and 1 on pixel centres. With `align_corners=False` they are the outer EDGES of the image.",
            lambda *a: function(*a[:-1], True),
        ),
        "conventions_exchanged": Misconception(
            "You exchanged the two conventions: True puts −1 and 1 on pixel CENTRES, False on EDGES.",
            lambda *a: function(*a[:-1], not a[-1]),
        ),
    }


def inverse(theta: Tensor) -> Tensor:
    """The inverse of an affine matrix (2, 3)."""
    linear = torch.linalg.inv(theta[:, :2])
    return torch.cat([linear, -linear @ theta[:, 2:]], dim=1)
