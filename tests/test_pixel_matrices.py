"""Matrices of OpenCV, scipy, Pillow and others: theta warps an image as the library that the matrix comes from."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch.nn import functional as F

from stn_lib import transforms as T
from stn_lib.grid import affine_grid, projective_grid

cv2 = pytest.importorskip("cv2")

IN, OUT = (23, 31), (19, 40)  # (H, W)
IMAGE = np.random.default_rng(0).random(IN).astype(np.float32)
#: Oblique, about a point that is no centre; it enlarges, so that the output also shows what lies outside.
ROTATED = cv2.getRotationMatrix2D((14.2, 9.7), 25, 1.2)
SHEARED = np.array([[0.9, 0.4, -3.3], [-0.2, 1.1, 2.6]])
TILTED = np.array([[1.1, 0.1, -2.0], [-0.05, 0.95, 1.5], [2e-3, -3e-3, 1.0]])
#: OpenCV may round coordinates to 1/32 of a pixel: 1/64 along each axis, and neighbours differ by at most 1.
ROUNDED = 2 / 64
EXACT = 2e-5  # float32, coordinates of up to 40 pixels

both_conventions = pytest.mark.parametrize("align", [False, True])
output_sizes = pytest.mark.parametrize("out", [IN, OUT])
both_matrices = pytest.mark.parametrize("matrix", [ROTATED, SHEARED], ids=["rotated", "sheared"])


def warp(theta, out, align, image=IMAGE):
    """By torch's own sampler, with zeros outside."""
    make_grid = projective_grid if theta.shape[1] == 3 else affine_grid
    grid = make_grid(theta.float(), (1, 1, *out), align)
    return F.grid_sample(torch.from_numpy(image)[None, None], grid, align_corners=align)[0, 0].numpy()


def square(matrix):
    return np.vstack([matrix, [0, 0, 1]]) if len(matrix) == 2 else matrix


def inside(matrix, out):
    """Which output pixels the matrix, output to input, takes between the centres of the outermost input pixels."""
    row, column = np.indices(out)
    x, y, w = np.tensordot(square(matrix), np.stack([column, row, np.ones(out)]), 1)
    return (x / w > 0) & (x / w < IN[1] - 1) & (y / w > 0) & (y / w < IN[0] - 1)


@both_conventions
@output_sizes
@both_matrices
@pytest.mark.parametrize(("direction", "flag"), [("forward", 0), ("inverse", cv2.WARP_INVERSE_MAP)])
def test_opencv_affine(matrix, out, align, direction, flag):
    """Oracle: cv2.warpAffine, the border included: both interpolate with zeros outside."""
    expected = cv2.warpAffine(IMAGE, matrix, out[::-1], flags=cv2.INTER_LINEAR | flag)
    theta = T.from_pixel_matrix(matrix, IN, out, align, direction=direction)
    np.testing.assert_allclose(warp(theta, out, align), expected, atol=ROUNDED)
    wrong = {"forward": "inverse", "inverse": "forward"}[direction]
    mixed_up = warp(T.from_pixel_matrix(matrix, IN, out, align, direction=wrong), out, align)
    assert np.abs(mixed_up - expected).mean() > 0.1, "the comparison must tell the directions apart"


@both_conventions
@output_sizes
@pytest.mark.parametrize(("direction", "flag"), [("forward", 0), ("inverse", cv2.WARP_INVERSE_MAP)])
def test_opencv_perspective(out, align, direction, flag):
    """Oracle: cv2.warpPerspective."""
    expected = cv2.warpPerspective(IMAGE, TILTED, out[::-1], flags=cv2.INTER_LINEAR | flag)
    theta = T.from_pixel_matrix(TILTED, IN, out, align, direction=direction)
    np.testing.assert_allclose(warp(theta, out, align), expected, atol=ROUNDED)


@both_conventions
@output_sizes
def test_opencv_is_met_exactly_where_it_rounds_nothing(out, align):
    """Oracle: cv2.warpAffine, shifts of whole 1/32 pixels; half a pixel would be 16 of them."""
    for x, y in ((5, -3), (40, 77), (-33, 1)):
        matrix = np.array([[1, 0, x / 32], [0, 1, y / 32]])
        expected = cv2.warpAffine(IMAGE, matrix, out[::-1])
        theta = T.from_pixel_matrix(matrix, IN, out, align, direction="forward")
        np.testing.assert_allclose(warp(theta, out, align), expected, atol=EXACT)


@both_conventions
@output_sizes
@both_matrices
@pytest.mark.parametrize("rows", [2, 3])
def test_scipy(matrix, out, align, rows):
    """Oracle: scipy.ndimage.affine_transform, which takes (row, column); grid-constant interpolates with zeros."""
    matrix = square(matrix)[:rows]
    expected = ndimage.affine_transform(IMAGE, matrix, output_shape=out, order=1, mode="grid-constant")
    theta = T.from_pixel_matrix(matrix, IN, out, align, direction="inverse", axes="yx")
    np.testing.assert_allclose(warp(theta, out, align), expected, atol=EXACT)


@both_conventions
@output_sizes
@pytest.mark.parametrize("matrix", [ROTATED, SHEARED, TILTED], ids=["rotated", "sheared", "tilted"])
def test_pillow(matrix, out, align):
    """Oracle: Image.transform in mode "F". Inside: at the border Pillow repeats the outermost pixels, and then stops."""
    method = Image.Transform.AFFINE if len(matrix) == 2 else Image.Transform.PERSPECTIVE
    data = matrix.flatten()[: 6 if len(matrix) == 2 else 8].tolist()
    expected = np.array(Image.fromarray(IMAGE).transform(out[::-1], method, data, Image.Resampling.BILINEAR))
    theta = T.from_pixel_matrix(matrix, IN, out, align, direction="inverse", origin="corner")
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    seen = inside(np.linalg.inv(half) @ square(matrix) @ half, out)
    assert seen.sum() > 200
    np.testing.assert_allclose(warp(theta, out, align)[seen], expected[seen], atol=EXACT)


@both_conventions
@pytest.mark.parametrize("out", [IN, OUT, (50, 60)])
@both_matrices
def test_about_the_centre_of_each_image(matrix, out, align):
    """Oracle: scipy, whose matrix numpy builds: to the output's centre, by the matrix, and back from the input's."""
    to_output, to_input = (np.array([[1, 0, (w - 1) / 2], [0, 1, (h - 1) / 2], [0, 0, 1]]) for h, w in (out, IN))
    x_y = (to_input @ square(matrix) @ np.linalg.inv(to_output))[:2]
    swapped = x_y[::-1][:, [1, 0, 2]]
    expected = ndimage.affine_transform(IMAGE, swapped, output_shape=out, order=1, mode="grid-constant")
    theta = T.from_pixel_matrix(matrix, IN, out, align, direction="inverse", origin="center")
    np.testing.assert_allclose(warp(theta, out, align), expected, atol=EXACT)


#: Recorded: the torchvision of PyPI cannot be imported beside the CPU build of torch. Its version 0.28.0 computed this
#: matrix from angle=25, scale=1.2, translate=[1, -1], shear=[10, 5], and with it this image from `SQUARES`.
TORCHVISION = [
    [0.7048083695260796, 0.490786954434287, -0.21402141509179262],
    [-0.28610550392477097, 0.7860684116149941, 1.0721739155397652],
]
SQUARES = (np.arange(30, dtype=np.float32).reshape(5, 6) ** 2) % 37
BY_TORCHVISION = [
    [17.315, 30.036, 18.569, 19.203, 18.941, 8.521],
    [27.991, 26.902, 21.857, 12.791, 5.006, 19.121],
    [27.439, 28.097, 25.92, 30.664, 19.89, 22.949],
    [13.93, 11.722, 16.768, 25.383, 9.008, 8.807],
    [0.0, 0.0, 5.24, 7.093, 10.592, 25.1],
]


def test_torchvision():
    """Oracle: an image that torchvision's `affine` made; its matrix maps output to input about the centre."""
    theta = T.from_pixel_matrix(TORCHVISION, SQUARES.shape, direction="inverse", origin="center")
    np.testing.assert_allclose(warp(theta, SQUARES.shape, False, SQUARES), BY_TORCHVISION, atol=1e-3)


@output_sizes
def test_skimage(out):
    """Oracle: skimage.transform.warp."""
    transform = pytest.importorskip("skimage.transform")  # a second, for this test alone
    expected = transform.warp(IMAGE, square(SHEARED), output_shape=out, order=1)
    theta = T.from_pixel_matrix(square(SHEARED), IN, out, direction="inverse")
    seen = inside(SHEARED, out)
    np.testing.assert_allclose(warp(theta, out, False)[seen], expected[seen], atol=EXACT)


@both_conventions
@pytest.mark.parametrize("origin", T.ORIGINS)
@pytest.mark.parametrize("axes", T.AXES)
@pytest.mark.parametrize("matrix", [SHEARED, TILTED], ids=["affine", "projective"])
def test_forward_is_the_inverse_of_the_matrix(matrix, axes, origin, align):
    """Oracle: numpy's inverse, given as "inverse"."""
    inverted = np.linalg.inv(square(matrix))[: len(matrix)]
    forward = T.from_pixel_matrix(matrix, IN, OUT, align, direction="forward", axes=axes, origin=origin)
    inverse = T.from_pixel_matrix(inverted, IN, OUT, align, direction="inverse", axes=axes, origin=origin)
    torch.testing.assert_close(forward, inverse, rtol=0, atol=1e-12)


def test_the_two_conventions_give_other_numbers():
    """Oracle: by hand: one pixel of 31 is 2/31, or between centres 2/30."""
    step = [[1, 0, 1], [0, 1, 0]]
    assert T.from_pixel_matrix(step, IN, direction="inverse")[0, 0, 2].item() == pytest.approx(2 / 31)
    assert T.from_pixel_matrix(step, IN, None, True, direction="inverse")[0, 0, 2].item() == pytest.approx(2 / 30)


@pytest.mark.parametrize("rows", [2, 3])
def test_a_large_shift_hides_no_inverse(rows):
    """Oracle: numpy. In pixels the determinant 1 is tiny beside 3000 cubed."""
    matrix = np.array([[1, 0, 3000.0], [0, 1, -2000.0], [0, 0, 1]])
    theta = T.from_pixel_matrix(matrix[:rows], (3000, 4000), direction="forward")
    assert theta[0, :2, 2].tolist() == pytest.approx([-2 * 3000 / 4000, 2 * 2000 / 3000])


def test_every_form_of_matrix_is_taken():
    """Oracle: one of them, by OpenCV above; a batch is its members one after the other."""
    expected = T.from_pixel_matrix(ROTATED, IN, OUT, direction="forward")
    assert expected.dtype == torch.float64 and expected.shape == (1, 2, 3)
    for form in (torch.from_numpy(ROTATED), ROTATED[None], np.ascontiguousarray(ROTATED[::-1])[::-1]):
        assert torch.equal(T.from_pixel_matrix(form, IN, OUT, direction="forward"), expected)
    listed = T.from_pixel_matrix(ROTATED.tolist(), IN, OUT, direction="forward")
    assert listed.dtype == torch.float32
    torch.testing.assert_close(listed, expected.float())
    whole = T.from_pixel_matrix(np.array([[1, 0, 3], [0, 1, 0]]), IN, direction="inverse")
    assert whole.dtype == torch.float32
    two = T.from_pixel_matrix(np.stack([ROTATED, SHEARED]), IN, OUT, direction="forward")
    assert torch.equal(two[:1], expected)
    assert torch.equal(two[1:], T.from_pixel_matrix(SHEARED, IN, OUT, direction="forward"))
    half = T.from_pixel_matrix(ROTATED.astype(np.float16), IN, direction="inverse")
    assert half.dtype == torch.float32


@pytest.mark.parametrize("direction", T.DIRECTIONS)
def test_gradients_reach_the_matrix(direction):
    """Oracle: finite differences."""
    matrix = torch.from_numpy(TILTED).requires_grad_()
    assert torch.autograd.gradcheck(lambda m: T.from_pixel_matrix(m, IN, OUT, direction=direction), matrix)


@pytest.mark.parametrize(
    ("matrix", "options", "error", "message"),
    [
        (ROTATED, {"direction": "backward"}, ValueError, "direction to be one of 'forward', 'inverse', got 'backward'"),
        (ROTATED, {"axes": "rc"}, ValueError, "axes to be one of 'xy', 'yx', got 'rc'"),
        (ROTATED, {"origin": "centre"}, ValueError, "origin to be one of 'pixel', 'corner', 'center', got 'centre'"),
        (ROTATED[:, :2], {}, ValueError, r"got \(2, 2\): append the offset as a third column"),
        (ROTATED.T, {}, ValueError, r"got \(3, 2\): did you transpose it"),
        (ROTATED.flatten(), {}, ValueError, r"got \(6\): use numpy.reshape\(matrix, \(2, 3\)\)"),
        (TILTED.flatten()[:8], {}, ValueError, r"got \(8\): append 1"),
        (np.zeros((4, 4)), {}, ValueError, r"\(3, 3\), \(N, 2, 3\) or \(N, 3, 3\), got \(4, 4\): one matrix for each"),
        (ROTATED * np.nan, {}, ValueError, "finite numbers, got NaN or infinity"),
        (np.zeros((2, 3)), {}, ValueError, "an invertible theta"),
        ([[1, 0, 0], [0, 1]], {}, TypeError, r"nested lists of numbers, got \[\[1, 0, 0\], \[0, 1\]\]: write"),
        ("rotation", {}, TypeError, "nested lists of numbers, got 'rotation'"),
        (None, {}, TypeError, "nested lists of numbers, got None"),
        (ROTATED * 1j, {}, TypeError, "of real numbers, got torch.complex128"),
    ],
)
def test_bad_input_is_refused(matrix, options, error, message):
    with pytest.raises(error, match=message):
        T.from_pixel_matrix(matrix, IN, **({"direction": "forward"} | options))


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match=r"a size \(H, W\)"):
        T.from_pixel_matrix(ROTATED, 28, direction="forward")
    with pytest.raises(ValueError, match="at least 2 pixels with align_corners=True"):
        T.from_pixel_matrix(ROTATED, IN, (1, 5), True, direction="forward")
