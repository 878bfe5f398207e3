"""Half precision and autocast: coordinates stay in float32, images keep their dtype, and what torch can do, we can."""

import functools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from experiments.appendix import space
from stn_lib import grid as grids
from stn_lib import transforms as T
from stn_lib.coordinates import normalized_to_pixel, pixel_to_normalized
from stn_lib.localization import ConvLocalization
from stn_lib.sampling import MODES, PADDINGS, grid_sample, linearized_sample
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer

HALF = [torch.float16, torch.bfloat16]
A, B = T.rotation(torch.tensor([0.3, -1.1])), T.translation(torch.tensor([[0.123, -0.456], [0.7, 0.2]]))
TILT = T.homogeneous(A) + torch.tensor([[0.0, 0, 0], [0, 0, 0], [0.1, -0.2, 0]])
POINTS = torch.tensor([[[0.77, -0.31], [0.2, 0.9]], [[-0.6, 0.1], [0.33, 0.34]]])
SQUARE = torch.tensor([[[-1.0, -1], [1, -1], [1, 1], [-1, 1]]])
CORNERS = torch.tensor([[[-0.8, -0.9], [0.7, -0.75], [0.9, 0.65], [-1.1, 0.85]]])
THETA_3D = torch.cat(
    [space.rotation_3d(torch.tensor([[1.0, 2, 3]]), torch.tensor([0.4])), torch.full((1, 3, 1), 0.123)], 2
)
CONTROLS = T.control_points()[None] * 0.913

#: Functions of coordinates, and the tensors that they are called with.
FUNCTIONS = {
    "apply": (T.apply, A, POINTS),
    "apply, projective": (T.apply, TILT, POINTS),
    "attention": (T.attention, torch.tensor([0.51, 0.37]), torch.tensor([[0.123, 0.456], [0.3, 0.1]])),
    "compose": (T.compose, A, B),
    "compose, projective": (T.compose, TILT, TILT),
    "decompose": (lambda theta: T.recompose(T.decompose(theta)), T.compose(A, B)),
    "from_pixel_matrix": (lambda matrix: T.from_pixel_matrix(matrix, (480, 640), direction="forward"), A),
    "homogeneous": (T.homogeneous, A),
    "homography": (T.homography, SQUARE, CORNERS),
    "invert": (T.invert, T.compose(A, B)),
    "invert, projective": (T.invert, TILT),
    "rotation": (T.rotation, torch.tensor([0.3, 2.0])),
    "theta_to_normalized": (lambda theta: T.theta_to_normalized(theta, (480, 640)), A),
    "theta_to_pixel": (lambda theta: T.theta_to_pixel(theta, (480, 640)), A),
    "theta_to_pixel, projective": (lambda theta: T.theta_to_pixel(theta, (480, 640)), TILT),
    "normalized_to_pixel": (lambda points: normalized_to_pixel(points, (480, 640)), POINTS),
    "pixel_to_normalized": (lambda points: pixel_to_normalized(points, (480, 640)), 100 * POINTS),
    "affine_grid": (lambda theta: grids.affine_grid(theta, (2, 1, 112, 224)), A),
    "projective_grid": (lambda theta: grids.projective_grid(theta, (2, 1, 112, 224)), TILT),
    "tps_grid": (lambda theta: grids.tps_grid(theta, (1, 1, 112, 224)), CONTROLS),
    "tps_grid, own points": (lambda theta: grids.tps_grid(theta, (1, 1, 11, 22), T.control_points(2, 2)), CORNERS),
    "affine_grid_3d": (lambda theta: space.affine_grid_3d(theta, (1, 1, 12, 13, 14)), THETA_3D),
    "rotation_3d": (space.rotation_3d, torch.tensor([[1.0, 2, 3]]), torch.tensor([0.4])),
}
every_function = pytest.mark.parametrize(
    ("function", "arguments"), [(f, a) for f, *a in FUNCTIONS.values()], ids=FUNCTIONS
)


@every_function
@pytest.mark.parametrize("dtype", HALF)
def test_autocast_changes_no_coordinate(function, arguments, dtype):
    """Oracle: the same call outside autocast, bit by bit."""
    expected = function(*arguments)
    with torch.autocast("cpu", dtype):
        got = function(*arguments)
    assert torch.equal(got, expected) and got.dtype == torch.float32


@every_function
@pytest.mark.parametrize("dtype", HALF)
def test_half_precision_in_is_float32_out(function, arguments, dtype):
    """Oracle: the call with the same rounded numbers in float32: nothing but the input is rounded."""
    rounded = [argument.to(dtype) for argument in arguments]
    got = function(*rounded)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, function(*(argument.float() for argument in rounded)), rtol=0, atol=0)


@every_function
def test_a_default_of_float64_changes_no_float32_input(function, arguments):
    """Oracle: the dtype that went in, and the numbers under torch's own default."""
    expected = function(*arguments)
    torch.set_default_dtype(torch.float64)
    try:
        got, double = function(*arguments), function(*(argument.double() for argument in arguments))
    finally:
        torch.set_default_dtype(torch.float32)
    assert got.dtype == torch.float32 and double.dtype == torch.float64
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(double.float(), expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", HALF)
def test_images_in_half_precision_are_read_at_points_in_float32(dtype, mode, padding):
    """Oracle: F.grid_sample of the rounded images in float32, rounded once, at the end."""
    images = torch.rand(2, 3, 9, 70).to(dtype)
    points = grids.affine_grid(A, (2, 3, 5, 80))
    got = grid_sample(images, points, mode, padding)
    expected = F.grid_sample(images.float(), points, mode, padding, align_corners=False)
    assert got.dtype == dtype
    torch.testing.assert_close(got, expected.to(dtype), atol=torch.finfo(dtype).eps, rtol=torch.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", HALF)
def test_volumes_in_half_precision_are_read_at_points_in_float32(dtype):
    """Oracle: F.grid_sample in 5-D of the rounded volumes in float32."""
    volumes = torch.rand(1, 2, 9, 8, 30).to(dtype)
    points = space.affine_grid_3d(THETA_3D, (1, 2, 6, 7, 20))
    got = space.grid_sample_3d(volumes, points)
    expected = F.grid_sample(volumes.float(), points, align_corners=False)
    assert got.dtype == dtype
    torch.testing.assert_close(got, expected.to(dtype), atol=torch.finfo(dtype).eps, rtol=torch.finfo(dtype).eps)


@pytest.mark.parametrize("place", [1e6, 1e18, 1e30])
def test_volumes_far_away_are_zero_and_overflow_is_refused(place):
    """Oracle: F.grid_sample in 5-D."""
    volumes = torch.rand(1, 1, 4, 5, 6)
    points = torch.tensor([place, 0.1, -place]).expand(1, 2, 2, 2, 3)
    torch.testing.assert_close(
        space.grid_sample_3d(volumes, points), F.grid_sample(volumes, points, align_corners=False)
    )
    for wrong in (float("nan"), float("inf"), 3e38):
        with pytest.raises(ValueError, match="expected a grid of finite numbers"):
            space.grid_sample_3d(volumes, torch.full((1, 2, 2, 2, 3), wrong))


def volume_transformer():
    """A transformer of volumes (N, 4, 6, 7, 8)."""
    return SpatialTransformer(nn.Sequential(nn.Flatten(), nn.Linear(4 * 6 * 7 * 8, 12)), (5, 6, 7), space.AFFINE_3D)


def image_transformer(name):
    outputs = len(TRANSFORMS[name].identity)
    return SpatialTransformer(ConvLocalization((20, 30), in_channels=4, out_features=outputs), (14, 17), name)


MODULES = {name: functools.partial(image_transformer, name) for name in TRANSFORMS} | {"volume": volume_transformer}


def images_for(name, dtype=torch.float32):
    size = (6, 7, 8) if name == "volume" else (20, 30)
    return torch.rand(3, 4, *size, generator=torch.Generator().manual_seed(1)).to(dtype)


def disturbed(module):
    """Let theta depend on the image, as after some training."""
    torch.manual_seed(0)
    nn.init.normal_(module.localization[-1].weight, std=0.01)
    return module.eval()


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("padding", ["zeros", "border"])
def test_a_transformer_in_the_middle_of_a_network_under_autocast(name, dtype, padding):
    """Oracle: the same theta and images in float32; all weights receive a gradient."""
    module = disturbed(MODULES[name]())
    module.padding_mode = padding
    first = nn.Conv3d(4, 4, 1) if name == "volume" else nn.Conv2d(4, 4, 1)
    with torch.autocast("cpu", dtype):
        seen = first(images_for(name))
        theta, warped = module.theta(seen), module(seen)
    assert seen.dtype == warped.dtype == dtype and theta.dtype == torch.float32
    expected = module.sample(seen.float(), theta)
    torch.testing.assert_close(warped.float(), expected, atol=4 * torch.finfo(dtype).eps, rtol=torch.finfo(dtype).eps)
    warped.float().square().sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in (*module.parameters(), *first.parameters()))


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("dtype", [*HALF, torch.float64])
def test_a_module_of_another_precision(name, dtype):
    """Oracle: theta in float32 at least; the images' dtype; the identity start resizes as F.interpolate does."""
    module, images = MODULES[name]().to(dtype), images_for(name, dtype)
    theta, warped = module.theta(images), module(images)
    assert theta.dtype == torch.promote_types(dtype, torch.float32) and warped.dtype == dtype
    mode = "trilinear" if name == "volume" else "bilinear"
    expected = F.interpolate(images.to(theta.dtype), size=module.out_size, mode=mode, align_corners=False)
    torch.testing.assert_close(warped.to(theta.dtype), expected, atol=2 * torch.finfo(dtype).eps + 2e-5, rtol=1e-3)
    warped.sum().backward()


@pytest.mark.parametrize("name", [name for name in MODULES if name != "volume"])
def test_one_theta_serves_all_images_and_wider_images_widen_the_grid(name):
    """Oracle: the same theta, repeated; float64 images at float64 points."""
    module, images = disturbed(MODULES[name]()), images_for(name)
    theta = module.theta(images)[:1].detach()
    repeated = module.sample(images, theta.repeat(3, *[1] * (theta.ndim - 1)))
    assert torch.equal(module.sample(images, theta), repeated)
    double = module.sample(images.double(), theta)
    assert double.dtype == torch.float64
    torch.testing.assert_close(double, module.sample(images.double(), theta.double()), rtol=0, atol=0)
    with pytest.raises(ValueError, match="expected one theta for each of 3 images, or one for all, got 2"):
        module.sample(images, theta.repeat(2, *[1] * (theta.ndim - 1)))


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_evaluation_first_does_not_stop_training(name, mode, dtype):
    """Oracle: the gradients of a module that was never evaluated; no cache may keep what inference mode has made."""
    used, fresh = (MODULES[name]().to(dtype) for _ in range(2))
    fresh.load_state_dict(used.state_dict())
    images = images_for(name, dtype)
    with mode():
        used.eval()(images)
    for module in (used, fresh):
        module.eval()(images).square().sum().backward()
    for one, other in zip(used.parameters(), fresh.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize("dtype", HALF)
def test_the_linearised_sampler_in_half_precision(dtype):
    """Oracle: the rounded images and points in float32: products of offsets underflow in half precision."""
    images = torch.rand(1, 1, 100, 120).to(dtype)
    points = grids.affine_grid(A[:1], (1, 1, 20, 30)).to(dtype).requires_grad_()
    wide = points.detach().float().requires_grad_()
    got = linearized_sample(images, points, generator=torch.Generator().manual_seed(0))
    expected = linearized_sample(images.float(), wide, generator=torch.Generator().manual_seed(0))
    assert got.dtype == dtype
    torch.testing.assert_close(got, expected.to(dtype))
    got.float().sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(points.grad.float(), wide.grad, atol=0.02, rtol=0.02)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_grid_that_overflows_is_refused_by_the_module_too(name):
    """Oracle: the message, where F.grid_sample would return NaN."""
    module, images = image_transformer(name), images_for(name)
    start = module.theta(images).detach()
    for wrong in (float("nan"), 3e38)[: 1 if name == "projective" else 2]:  # a multiple of a homography is the same
        with pytest.raises(ValueError, match="NaN or infinity"):
            module.sample(images, start * wrong)


def test_shapes_are_known_without_numbers():
    """Oracle: the shapes by hand, on torch's meta device, as torch's own pair gives them."""
    theta = torch.zeros(2, 2, 3, device="meta")
    assert grids.affine_grid(theta, (2, 1, 4, 5)).shape == (2, 4, 5, 2)
    for name in TRANSFORMS:
        module = image_transformer(name).to("meta")
        assert module(torch.zeros(3, 4, 20, 30, device="meta")).shape == (3, 4, 14, 17)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_in_float64_the_start_is_the_identity_to_its_last_bits(name):
    """Oracle: the identity of the family."""
    torch.set_default_dtype(torch.float64)
    try:
        module = image_transformer(name)
    finally:
        torch.set_default_dtype(torch.float32)
    images = images_for(name, torch.float64)
    expected = F.interpolate(images, size=(14, 17), mode="bilinear", align_corners=False)
    torch.testing.assert_close(module(images), expected, rtol=0, atol=1e-13)
