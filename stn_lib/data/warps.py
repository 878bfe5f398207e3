"""Make the paper's two distortions that are not affine: noise on the corners (P), and on a lattice of points (E)."""

import torch
from torch import Tensor

from stn_lib.transforms import apply, control_points, homography, invert

#: The smallest w of a drawn homography in the image, relative to w in its centre: it keeps the horizon away.
MIN_W = 0.1


def pull_corners(theta: Tensor, sigma: float, out_size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Return homographies: an affine theta, then a noise of N(0, sigma) pixels on each corner, along x and y.

    Convention:
        The noise moves the corners in the OUTPUT and after the scaling: 5 px are 5 px of the distorted image, however
        small the digit is in it. theta maps output to input, as everywhere.

        Not all noise gives a valid image. Corners that are not a convex quadrilateral in their old order (1.4 % of the
        paper's P) show a plane from both sides at once; in a further 12 % the horizon, w = 0, is at a corner of the
        image or close to it. All four of such corners are drawn again; the scale is kept. The accepted noise has a
        standard deviation of 4.8 px instead of 5 px. Clamping the noise would change every draw to repair one in seven.

    Args:
        theta: (N, 2, 3), normalised, output to input.
        sigma: standard deviation in pixels of the output.
        out_size: (H, W) of the output.
        generator: the source of the noise.

    Returns:
        (N, 3, 3) in float64, the last number 1, so that w is 1 in the centre; w is at least `MIN_W` in the image.

    Raises:
        ValueError: if a hundred draws give no valid image, as for a theta that mirrors.

    Example:
        >>> still = pull_corners(torch.eye(2, 3)[None], 0.0, (28, 28), torch.Generator())
        >>> still[0].round(decimals=4).abs().tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

    Source: Jaderberg et al. 2015, section 4.1.
    Chapter: 7
    """
    theta = theta.double()
    corners = theta.new_tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]]).expand(len(theta), 4, 2)
    still = apply(invert(theta), corners)
    moved, left = still.clone(), torch.arange(len(theta))
    for _ in range(100):
        moved[left] = still[left] + _noise(len(left), 4, sigma, out_size, generator)
        left = left[~_is_valid(moved[left])]
        if not len(left):
            return homography(moved, corners)
    raise ValueError(
        f"expected a valid image in one of 100 draws, got none with {sigma} px of noise in {out_size}: use less noise, and a "
        "theta that does not mirror"
    )


def bend_lattice(theta: Tensor, sigma: float, out_size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Return splines: an affine theta, with a noise of N(0, sigma) pixels on 4 x 4 source points, along x and y.

    Convention:
        The control points are a fixed lattice over the OUTPUT, from edge to edge; the noise moves the SOURCE points, in
        pixels of the output. This is the form of a spline in a spatial transformer, so theta can be passed to
        `stn_lib.grid.tps_grid`, and one matrix serves all images. (Control points that move in the output would need a
        system of 19 equations for each image.) A spline of affinely mapped points is the affine map itself, so theta
        is the affine map of the moved points. Folds are allowed, and rare: 1 image in 230 of the paper's E.

    Args:
        theta, sigma, out_size, generator: as in `pull_corners`.

    Returns:
        (N, 16, 2) in float64, row by row, (x, y): the sources of `stn_lib.transforms.control_points`.

    Example:
        >>> bend_lattice(2 * torch.eye(2, 3)[None], 0.0, (28, 28), torch.Generator())[0, 0].tolist()
        [-2.0, -2.0]

    Source: Jaderberg et al. 2015, section 4.1.
    Chapter: 7
    """
    lattice = control_points(dtype=torch.float64)
    return apply(theta.double(), lattice + _noise(len(theta), len(lattice), sigma, out_size, generator))


def _noise(batch: int, points: int, sigma: float, out_size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Draw a noise of N(0, sigma) pixels, in normalised coordinates, (batch, points, 2)."""
    height, width = out_size
    pixels = sigma * torch.randn(batch, points, 2, generator=generator, dtype=torch.float64)
    return pixels * torch.tensor([2 / width, 2 / height], dtype=torch.float64)


def _is_valid(quad: Tensor) -> Tensor:
    """Whether (N, 4, 2) corners are convex, in order, and have their horizon well outside of the image: (N,)."""
    ones = quad.new_ones(len(quad), 4, 1)
    corner = torch.cat([quad, ones], dim=2)
    side = torch.linalg.cross(corner, corner.roll(-1, dims=1))
    # Opposite sides are parallel in the plane, so they intersect on the horizon: the line through both intersections.
    horizon = torch.linalg.cross(torch.linalg.cross(side[:, 0], side[:, 2]), torch.linalg.cross(side[:, 1], side[:, 3]))
    frame = quad.new_tensor([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]])
    centre = horizon[:, 2:]  # of the same sign as w everywhere in a valid image
    convex = (corner @ horizon[:, :, None])[..., 0] * centre > 0
    far = (horizon @ frame.T) * centre >= MIN_W * centre.square()
    in_order = torch.linalg.det(corner[:, :3]) > 0
    return convex.all(1) & far.all(1) & in_order
