"""theta against numbers worked by hand, numpy's linear algebra, and images that are really moved."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from stn_lib import transforms as T

WORKED = torch.tensor([[[0.0, 0.5, 0.6], [1.0, 0.0, 0.4]]], dtype=torch.float64)


def homogeneous(theta):
    return np.concatenate([theta.detach().numpy(), np.tile([[[0, 0, 1]]], (len(theta), 1, 1))], axis=1)


def random_theta(seed, batch=4):
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(batch, 2, 3, generator=generator, dtype=torch.float64)
    steady = torch.eye(2, 3, dtype=torch.float64) * 3
    return theta + torch.where(torch.rand(batch, 1, 1, generator=generator) < 0.5, 1, -1) * steady


def warp(image, theta, out=None):
    size = (1, 1, *(out or image.shape))
    return F.grid_sample(image[None, None], F.affine_grid(theta, size, align_corners=False), align_corners=False)[0, 0]


def test_convention_zoom():
    image = torch.zeros(16, 16)
    image[4:12, 4:12] = 1  # an 8 by 8 square
    assert warp(image, T.scaling(2.0)).sum() == 16  # theta = 2I zooms OUT
    # and 0.5I zooms in: 16 by 16, the outermost pixels three quarters full: 15.5 squared
    assert warp(image, T.scaling(0.5)).sum() == 240.25


def test_convention_translation_moves_content_the_other_way():
    image = torch.arange(5.0)[None]
    assert warp(image, T.translation((0.4, 0.0))).round(decimals=5).tolist() == [[1, 2, 3, 4, 0]]


def test_convention_a_quarter_turn_is_counter_clockwise_on_the_screen():
    image = torch.zeros(5, 5)
    image[2, 4] = 1  # right of the centre
    turned = warp(image, T.rotation(math.pi / 2))
    assert turned.argmax() == 0 * 5 + 2  # above it


def test_convention_order_of_composition_by_hand():
    quarter, right = T.rotation(math.pi / 2), T.translation((0.5, 0.0))
    assert T.compose(right, quarter)[0, :, 2].tolist() == pytest.approx([0.5, 0.0])  # turn, then shift
    assert T.compose(quarter, right)[0, :, 2].tolist() == pytest.approx([0.0, 0.5], abs=1e-6)  # shift, then turn


def test_convention_two_warps_equal_one_with_the_composed_theta():
    generator = torch.Generator().manual_seed(0)
    # A smooth image, so that reading twice blurs little.
    image = F.interpolate(torch.rand(1, 1, 4, 5, generator=generator), size=(40, 60), mode="bicubic")[0, 0]
    first = T.compose(T.rotation(0.2), T.scaling(0.8))
    second = T.compose(T.translation((0.1, -0.05)), T.shear(0.15))
    twice = warp(warp(image, first), second)
    once = warp(image, T.compose(first, second))
    middle = (slice(12, 28), slice(18, 42))
    assert (twice - once)[middle].abs().max() < 0.02
    assert (twice - warp(image, T.compose(second, first)))[middle].abs().max() > 0.05


def test_convention_the_worked_example_reflects():
    assert torch.linalg.det(WORKED[:, :, :2]).item() == pytest.approx(-0.5)
    point = torch.tensor([2.0, 2.0, 1.0], dtype=torch.float64)
    assert (WORKED[0] @ point).tolist() == pytest.approx([1.6, 2.4])
    assert np.linalg.svd(WORKED[0, :, :2].numpy())[1].tolist() == pytest.approx([1, 0.5])
    parts = T.decompose(WORKED)
    assert parts.scale.tolist() == [[1.0, -0.5]]
    assert parts.rotation.item() == pytest.approx(math.pi / 2)


def test_convention_attention_is_the_papers_matrix():
    assert T.attention(0.5, (0.25, -0.25)).tolist() == [[[0.5, 0, 0.25], [0, 0.5, -0.25]]]


def test_each_matrix_by_hand():
    assert T.shear(0.5).tolist() == [[[1, 0.5, 0], [0, 1, 0]]]
    assert T.scaling([[2.0, 3.0]]).tolist() == [[[2, 0, 0], [0, 3, 0]]]
    assert T.scaling((2.0, 3.0)).tolist() == [[[2, 0, 0], [0, 3, 0]]]  # a plain pair is (x, y), as for a translation
    assert T.scaling(torch.tensor([2.0, 3.0])).shape == (2, 2, 3)  # (N,): one scale for each image
    turned = T.rotation(torch.tensor([math.pi / 6], dtype=torch.float64))
    assert turned[0, :, :2].flatten().tolist() == pytest.approx([math.sqrt(3) / 2, -0.5, 0.5, math.sqrt(3) / 2])
    assert T.identity(0).shape == (0, 2, 3)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_compose_and_invert_are_numpys_matrix_product_and_inverse(seed):
    a, b = random_theta(seed), random_theta(seed + 1)
    np.testing.assert_allclose(homogeneous(T.compose(a, b)), homogeneous(a) @ homogeneous(b), atol=1e-12)
    np.testing.assert_allclose(homogeneous(T.invert(a)), np.linalg.inv(homogeneous(a)), atol=1e-10)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_decompose_gives_factors_whose_product_numpy_finds_equal(seed):
    theta = random_theta(seed)
    parts = T.decompose(theta)
    assert (parts.scale[:, 0] > 0).all()
    for k in range(len(theta)):
        angle, s, (sx, sy) = parts.rotation[k].item(), parts.shear[k].item(), parts.scale[k].tolist()
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        product = turn @ np.array([[1, s], [0, 1]]) @ np.diag([sx, sy])
        np.testing.assert_allclose(product, theta[k, :, :2].numpy(), atol=1e-10)
    torch.testing.assert_close(T.recompose(parts), theta)


def test_convention_a_rotation_of_a_picture_that_is_not_square():
    # 30 degrees in normalised units on 20 by 60 is a shear in pixels; the right theta has -s H/W and s W/H.
    sheared = T.theta_to_pixel(T.rotation(math.pi / 6), (20, 60))[0, :, :2]
    assert sheared.flatten().tolist() == pytest.approx([0.866, -1.5, 0.1667, 0.866], abs=1e-3)
    cos, sin = math.cos(math.pi / 6), math.sin(math.pi / 6)
    turn = torch.tensor([[[cos, -sin, 0], [sin, cos, 0]]], dtype=torch.float64)
    right = T.theta_to_normalized(turn, (20, 60))[0, :, :2]
    assert right.flatten().tolist() == pytest.approx([cos, -sin * 20 / 60, sin * 60 / 20, cos])


@pytest.mark.parametrize("align", [False, True])
def test_pixel_theta_says_where_torch_really_reads(align):
    theta = torch.tensor([[[0.7, -0.2, 0.1], [0.3, 0.9, -0.2]]], dtype=torch.float64)
    in_size, out_size = (6, 11), (5, 8)
    pixel = T.theta_to_pixel(theta, in_size, out_size, align)
    # An image that holds its own x coordinate tells where torch read it, and so for y.
    y, x = torch.meshgrid(torch.arange(6.0), torch.arange(11.0), indexing="ij")
    ramps = torch.stack([x, y]).double()[None]
    seen = F.grid_sample(ramps, F.affine_grid(theta, (1, 2, *out_size), align_corners=align), align_corners=align)[0]
    for row, column in ((2, 3), (1, 4), (2, 5)):
        expected = pixel[0] @ torch.tensor([column, row, 1.0], dtype=torch.float64)
        assert seen[:, row, column].tolist() == pytest.approx(expected.tolist())
    torch.testing.assert_close(T.theta_to_normalized(pixel, in_size, out_size, align), theta)


@pytest.mark.parametrize(
    "function",
    [
        lambda v: T.rotation(v[:, 0]),
        lambda v: T.shear(v[:, 0]),
        lambda v: T.translation(v),
        lambda v: T.scaling(v + 3),
        lambda v: T.attention(v[:, 0] + 3, v),
        lambda v: T.invert(T.compose(T.rotation(v[:, 0]), T.shear(v[:, 1]))),
        lambda v: T.recompose(T.decompose(T.compose(T.rotation(v[:, 0]), T.scaling(v + 3)))),
        lambda v: T.theta_to_pixel(T.rotation(v[:, 0]), (4, 7)),
    ],
)
def test_gradcheck(function):
    values = torch.randn(3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, values)


def test_attention_takes_numbers_and_tensors_together():
    scale = torch.tensor([0.5, 2.0], dtype=torch.float64)
    assert T.attention(scale, (0.25, -0.5)).tolist() == [
        [[0.5, 0, 0.25], [0, 0.5, -0.5]],
        [[2, 0, 0.25], [0, 2, -0.5]],
    ]
    assert T.attention(0.5, torch.zeros(3, 2, dtype=torch.float64)).dtype == torch.float64


def test_an_empty_batch_goes_through():
    none = T.identity(0)
    assert T.compose(none, none).shape == T.invert(none).shape == T.recompose(T.decompose(none)).shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: T.invert(torch.tensor([[[1.0, 2.0, 0.0], [2.0, 4.0, 0.0]]])), "determinant 0 at index 0"),
        (lambda: T.decompose(torch.zeros(1, 2, 3)), "a line or a point"),
        (lambda: T.scaling(0.0), "a scale other than 0"),
        (lambda: T.scaling(torch.ones(2, 3)), r"\(N,\) or \(N, 2\), got \(2, 3\)"),
        (lambda: T.scaling([1.0, 2.0, 3.0]), r"scale as \(x, y\) or \(N, 2\), got \(3\)"),
        (lambda: T.translation((1.0, 2.0, 3.0)), r"shift as \(x, y\) or \(N, 2\)"),
        (lambda: T.rotation(torch.zeros(2, 2)), "angle as a number"),
        (lambda: T.compose(torch.zeros(2, 2, 3), torch.zeros(3, 2, 3)), "batches of one size"),
        (lambda: T.compose(torch.zeros(1, 3, 2), torch.zeros(1, 2, 3)), "did you transpose"),
        (lambda: T.theta_to_pixel(T.identity(), (1, 5), align_corners=True), "at least 2 pixels"),
        (lambda: T.compose(T.identity(), T.identity().double()), r"one dtype and device.*inner\.to\(outer\)"),
        (lambda: T.attention(torch.ones(3), torch.zeros(2, 2)), "batches of one size, or of 1, got 2 and 3"),
        (lambda: T.theta_to_normalized(T.identity(), (4, 0)), r"a size \(H, W\) of whole numbers of at least \(1, 1\)"),
        (lambda: T.identity(-1), "batch as a whole number of 0 or more, got -1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_integer_angles_in_a_tensor_are_refused():
    with pytest.raises(TypeError, match=r"angle of a floating dtype, got torch.int64: convert it with \.float\(\)"):
        T.rotation(torch.tensor([90]))


def random_projective(seed, batch=4):
    generator = torch.Generator().manual_seed(seed)
    theta = T.homogeneous(random_theta(seed, batch))
    theta[:, 2, :2] = 0.4 * torch.rand(batch, 2, generator=generator, dtype=torch.float64) - 0.2
    return theta


def test_homogeneous_and_projective_by_hand():
    assert T.homogeneous(WORKED)[0].tolist() == [[0, 0.5, 0.6], [1, 0, 0.4], [0, 0, 1]]
    eight = torch.arange(8.0)[None]
    assert T.projective(eight)[0].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 1]]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_projective_compose_and_invert_are_numpys(seed):
    """Oracle: numpy's matrix product and inverse."""
    one, two = random_projective(seed), random_projective(seed + 1)
    np.testing.assert_allclose(T.compose(one, two).numpy(), one.numpy() @ two.numpy(), atol=1e-10)
    np.testing.assert_allclose(T.invert(one).numpy(), np.linalg.inv(one.numpy()), atol=1e-8)


def test_points_go_where_numpy_sends_them_and_composition_is_one_after_the_other():
    """Oracle: homogeneous coordinates in numpy; by hand for the worked example."""
    points = torch.tensor([[[2.0, 2.0], [1.0, 1.0], [2.0, 3.0]]], dtype=torch.float64)
    expected = torch.tensor([[[1.6, 2.4], [1.1, 1.4], [2.1, 2.4]]], dtype=torch.float64)
    torch.testing.assert_close(T.apply(WORKED, points), expected)
    theta, points = random_projective(5), torch.rand(4, 6, 2, dtype=torch.float64)
    for n in range(4):
        mapped = theta[n].numpy() @ np.column_stack([points[n], np.ones(6)]).T
        np.testing.assert_allclose(T.apply(theta, points)[n].numpy(), (mapped[:2] / mapped[2]).T, atol=1e-12)
    other = random_projective(6)
    torch.testing.assert_close(T.apply(theta, T.apply(other, points)), T.apply(T.compose(theta, other), points))
    torch.testing.assert_close(T.apply(T.invert(theta), T.apply(theta, points)), points)


def test_a_homography_finds_the_theta_that_moved_the_points():
    """Oracle: the theta that numpy moved the points with; and a square seen from the side, by hand."""
    targets = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]], dtype=torch.float64).repeat(4, 1, 1)
    targets += 0.2 * torch.randn(4, 4, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    theta = random_projective(11)
    sources = []
    for n in range(4):
        mapped = theta[n].numpy() @ np.column_stack([targets[n], np.ones(4)]).T
        sources.append((mapped[:2] / mapped[2]).T)
    torch.testing.assert_close(T.homography(targets, torch.tensor(np.stack(sources))), theta, atol=1e-9, rtol=1e-9)
    # w = 1 + x / 2 is 1.5 at the right side and 0.5 at the left: the sides shrink to 2/3 and grow to 2
    square = torch.tensor([[[-1.0, -1], [1, -1], [1, 1], [-1, 1]]], dtype=torch.float64)
    seen = torch.tensor([[[-2.0, -2], [2 / 3, -2 / 3], [2 / 3, 2 / 3], [-2, 2]]], dtype=torch.float64)
    expected = torch.tensor([[[1.0, 0, 0], [0, 1, 0], [0.5, 0, 1]]], dtype=torch.float64)
    torch.testing.assert_close(T.homography(square, seen), expected)


def test_gradcheck_of_what_is_projective():
    square = torch.tensor([[[-1.0, -1], [1, -1], [1, 1], [-1, 1]]], dtype=torch.float64, requires_grad=True)
    seen = (square.detach() * 0.8 + torch.tensor([0.1, -0.2])).clone()
    seen[0, 2] += 0.3
    assert torch.autograd.gradcheck(T.homography, (square, seen.requires_grad_()))
    theta = random_projective(2, 2).requires_grad_()
    points = torch.rand(2, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(T.apply, (theta, points))
    assert torch.autograd.gradcheck(T.invert, theta)


def test_empty_batches_of_what_is_projective():
    """Oracle: the shapes that were asked for."""
    none = torch.zeros(0, 3, 3)
    assert T.compose(none, none).shape == T.invert(none).shape == (0, 3, 3)
    assert T.homography(torch.zeros(0, 4, 2), torch.zeros(0, 4, 2)).shape == (0, 3, 3)
    assert T.apply(none, torch.zeros(0, 5, 2)).shape == (0, 5, 2)


def test_control_points_by_hand():
    assert T.control_points(2, 3).tolist() == [[-1, -1], [0, -1], [1, -1], [-1, 1], [0, 1], [1, 1]]
    with pytest.raises(ValueError, match="rows as a whole number of 2 or more, got 1"):
        T.control_points(1, 4)


SQUARE = torch.tensor([[[-1.0, -1], [1, -1], [1, 1], [-1, 1]]])
IN_LINE = torch.tensor([[[-1.0, -1], [0, 0], [1, 1], [-1, 1]]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: T.homography(IN_LINE, SQUARE), "four targets of which no three lie on a line"),
        (lambda: T.homography(SQUARE, IN_LINE), "four sources of which no three lie on a line"),
        (lambda: T.homography(SQUARE[:, :3], SQUARE), r"targets of shape \(N, 4, 2\), got \(1, 3, 2\)"),
        (lambda: T.homography(SQUARE[0], SQUARE), r"targets\[None\]"),
        (lambda: T.homography(SQUARE.repeat(2, 1, 1), SQUARE), "one batch size, got 2 and 1"),
        (lambda: T.projective(torch.zeros(1, 9)), r"shape \(N, 8\), got \(1, 9\)"),
        (lambda: T.invert(torch.ones(1, 3, 3)), "invertible"),
        (lambda: T.compose(torch.eye(3)[None], T.identity()), r"homogeneous\(\)"),
        (lambda: T.apply(T.identity(), torch.zeros(2, 3, 2)), "one batch size, got 1 and 2"),
        (
            lambda: T.apply(T.projective(torch.tensor([[1.0, 0, 0, 0, 1, 0, 1, 0]])), torch.tensor([[[-1.0, 0]]])),
            "off the horizon",
        ),
        (lambda: T.homogeneous(torch.eye(3)[None]), r"\(N, 2, 3\)"),
    ],
)
def test_degenerate_projective_input_is_refused(call, message):
    """Oracle: the message names expected, got and remedy."""
    with pytest.raises(ValueError, match=message):
        call()


def test_a_homography_that_sends_the_centre_to_infinity_is_refused():
    """Oracle: by hand: (x, y) to (1/x, y/x) has its horizon at x = 0."""
    targets = torch.tensor([[[-1.0, -1], [1, -1], [1, 2], [-1, 1]]], dtype=torch.float64)
    x, y = targets.unbind(-1)
    with pytest.raises(ValueError, match="horizon through it"):
        T.homography(targets, torch.stack([1 / x, y / x], -1))


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize(("in_size", "out_size"), [((37, 61), None), ((37, 61), (20, 44))])
def test_a_homography_between_pixels_and_units(in_size, out_size, align):
    """Oracle: numpy, by hand: the matrices that map units to pixels, on both sides; and the way back."""
    pixels = torch.tensor([[[1.1, -0.01, -4.0], [-0.05, 1.03, -2.6], [1e-4, 2e-4, 1.0]]], dtype=torch.float64)

    def units(size):
        (height, width), slack = size, int(align)
        x, y = (width - slack) / 2, (height - slack) / 2
        return np.array([[x, 0, (width - 1) / 2], [0, y, (height - 1) / 2], [0, 0, 1]])

    theta = T.theta_to_normalized(pixels, in_size, out_size, align)
    expected = np.linalg.inv(units(in_size)) @ pixels[0].numpy() @ units(out_size or in_size)
    np.testing.assert_allclose(theta[0].numpy(), expected, atol=1e-12)
    torch.testing.assert_close(T.theta_to_pixel(theta, in_size, out_size, align), pixels)


def test_a_projective_theta_comes_apart_and_together():
    """Oracle: theta up to a factor; by hand a perspective alone, which has no other part; an affine one has none."""
    theta = random_projective(5)
    parts = T.decompose(theta)
    torch.testing.assert_close(T.recompose(parts), theta / theta[:, 2:, 2:])
    alone = torch.tensor([[[2.0, 0, 0], [0, 2, 0], [0.5, -0.25, 2]]])
    parts = T.decompose(alone)
    assert parts.perspective.tolist() == [[0.25, -0.125]] and parts.rotation.item() == parts.shear.item() == 0
    assert parts.scale.tolist() == [[1, 1]] and parts.translation.tolist() == [[0, 0]]
    assert T.decompose(T.identity()).perspective is None
    with pytest.raises(ValueError, match=r"sends \(0, 0\) to infinity"):
        T.decompose(torch.tensor([[[1.0, 0, 0], [0, 1, 1], [0, 1, 0]]]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("x", [1.0, 1e-3, 1e4])
@pytest.mark.parametrize("y", [1.0, 1e-4, -1e6])
def test_scales_alone_make_no_theta_flat(x, y, dtype):
    """Oracle: numpy's inverse. A flat one is refused, whatever the scales in front of it and behind it."""
    scales = torch.diag_embed(torch.tensor([[x, y]], dtype=dtype))
    rotated = T.rotation(torch.tensor([0.4], dtype=dtype))[:, :, :2]
    flat = torch.tensor([[[1.0, 2.0], [3.0, 6.0]]], dtype=dtype)
    shift = torch.zeros(1, 2, 1, dtype=dtype)
    for linear in (scales, scales @ rotated, rotated @ scales):
        expected = np.linalg.inv(linear.double().numpy())
        np.testing.assert_allclose(T.invert(torch.cat([linear, shift], 2))[:, :, :2], expected, rtol=1e-5, atol=0)
    for linear in (flat, scales @ flat, flat @ scales, scales @ flat @ scales):
        with pytest.raises(ValueError, match="expected an invertible theta"):
            T.invert(torch.cat([linear, shift], 2))


def test_flat_matrices_are_refused_in_spite_of_rounding():
    """Oracle: products of fewer vectors than the matrix has rows, rounded to float32."""
    generator = torch.Generator().manual_seed(0)
    for rows, rank in ((2, 1), (3, 1), (3, 2)):
        left, right = (torch.randn(200, rows, rank, generator=generator, dtype=torch.float64) for _ in range(2))
        for one in (left @ right.mT).float():
            theta = one if rows == 3 else torch.cat([one, torch.zeros(2, 1)], 1)
            with pytest.raises(ValueError, match="expected an invertible theta"):
                T.invert(theta[None])


def test_maps_of_space_compose_invert_and_apply():
    """Oracle: numpy's 4 x 4 matrices and its inverse; torch's finite differences."""
    outer, inner = (torch.randn(3, 3, 4, dtype=torch.float64) for _ in range(2))
    points = torch.randn(3, 5, 3, dtype=torch.float64)

    def whole(theta):
        last = np.tile([[0.0, 0, 0, 1]], (3, 1, 1))
        return np.concatenate([theta.numpy(), last.reshape(3, 1, 4)], 1)

    np.testing.assert_allclose(T.compose(outer, inner), (whole(outer) @ whole(inner))[:, :3], atol=1e-12)
    np.testing.assert_allclose(T.invert(outer), np.linalg.inv(whole(outer))[:, :3], atol=1e-9)
    torch.testing.assert_close(T.apply(T.compose(outer, inner), points), T.apply(outer, T.apply(inner, points)))
    assert torch.autograd.gradcheck(T.invert, outer.requires_grad_())
    with pytest.raises(ValueError, match="expected an invertible theta"):
        T.invert(torch.zeros(1, 3, 4))
    with pytest.raises(ValueError, match=r"expected points of shape \(N, K, 3\).*\(x, y, z\)"):
        T.apply(outer, points[..., :2])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_homography_in_pixels_is_invertible_however_far_it_shifts(dtype):
    """Oracle: numpy's inverse. A flat one is refused, however small its shift."""
    far = torch.tensor([[[1.1, -0.1, 4000.0], [0.05, 0.9, -3000.0], [1e-5, 2e-5, 1.0]]], dtype=dtype)
    expected = torch.from_numpy(np.linalg.inv(far.double().numpy()))
    torch.testing.assert_close(T.invert(far).double(), expected, rtol=1e-4, atol=1e-6)
    for shift in (0.0, 1.0, 4000.0):
        flat = torch.tensor([[[1.0, 2, shift], [2, 4, 0], [0, 0, 1]]], dtype=dtype)
        with pytest.raises(ValueError, match="expected an invertible theta"):
            T.invert(flat)
    with pytest.raises(ValueError, match="expected an invertible theta"):
        T.invert(torch.zeros(1, 3, 3, dtype=dtype))
