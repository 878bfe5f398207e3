"""The transformer of volumes: equal to torch's, on volumes that are drawn as documented."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.spatial.transform import Rotation
from torch.nn import functional as F

from experiments.appendix.space import AFFINE_3D, affine_grid_3d, grid_sample_3d, rotation_3d
from experiments.appendix.volume import VolumeNetwork, extrude, train_and_measure
from stn_lib.data import load_digits_split
from stn_lib.spatial_transformer import SpatialTransformer
from stn_lib.training.config import FitConfig

SIZES = [(2, 1, 3, 4, 5), (2, 3, 6, 2, 7), (1, 2, 1, 5, 1)]  # non-cubic; sides of one voxel


def some_theta(batch, dtype=torch.float64):
    """Matrices that rotate, stretch and shift, so that every number counts and some points fall outside."""
    return torch.eye(3, 4, dtype=dtype) + 0.5 * torch.randn(batch, 3, 4, dtype=dtype)


@pytest.mark.filterwarnings("ignore:Since version 1.3.0:UserWarning")  # torch on sides of one voxel
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_grids_equal_torchs(size, align_corners):
    """Oracle: torch's 5-D affine_grid, values and the gradient of theta."""
    theta = some_theta(size[0]).requires_grad_()
    ours, theirs = affine_grid_3d(theta, size, align_corners), F.affine_grid(theta, size, align_corners)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    weight = torch.randn_like(theirs)
    (a,), (b,) = (torch.autograd.grad((grid * weight).sum(), theta) for grid in (ours, theirs))
    torch.testing.assert_close(a, b, rtol=0, atol=1e-11)


@pytest.mark.filterwarnings("ignore:Since version 1.3.0:UserWarning")
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_samples_equal_torchs(size, align_corners, dtype):
    """Oracle: torch's 5-D grid_sample: values, the gradient of the voxels and that of the points."""
    source = torch.randn(size[0], size[1], 4, 6, 5, dtype=dtype, requires_grad=True)
    grid = F.affine_grid(some_theta(size[0], dtype), size, align_corners).requires_grad_()
    ours = grid_sample_3d(source, grid, align_corners)
    theirs = F.grid_sample(source, grid, align_corners=align_corners)
    near = 1e-11 if dtype == torch.float64 else 2e-5
    torch.testing.assert_close(ours, theirs, rtol=0, atol=near)
    weight = torch.randn_like(theirs)
    for a, b in zip(*(torch.autograd.grad((v * weight).sum(), (source, grid)) for v in (ours, theirs)), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=10 * near)


def test_far_points_sample_nothing():
    """Oracle: zeros, and torch."""
    grid = torch.tensor([-50.0, 50.0, 1e6]).view(1, 3, 1, 1, 1).expand(1, 3, 1, 1, 3)
    assert not grid_sample_3d(torch.ones(1, 1, 2, 3, 4), grid).any()
    assert not F.grid_sample(torch.ones(1, 1, 2, 3, 4), grid, align_corners=False).any()


def test_gradients_are_derivatives():
    """Oracle: finite differences, by torch.autograd.gradcheck, of theta and the voxels at once."""
    source = torch.randn(1, 2, 3, 4, 2, dtype=torch.float64, requires_grad=True)
    theta = some_theta(1).requires_grad_()

    def moved(u, t):
        return grid_sample_3d(u, affine_grid_3d(t, (1, 2, 2, 3, 4)))

    assert torch.autograd.gradcheck(moved, (source, theta))


def test_convention_one_number_for_each_axis():
    """Oracle: numpy: each translation by a whole voxel moves the content one back along its own axis."""
    source = torch.arange(2.0 * 3 * 4).view(1, 1, 2, 3, 4) + 1
    for row, (axis, side) in enumerate(((2, 4), (1, 3), (0, 2))):  # x along W, y along H, z along D
        theta = torch.eye(3, 4)[None].clone()
        theta[0, row, 3] = 2 / side
        moved = grid_sample_3d(source, affine_grid_3d(theta, source.shape))[0, 0].numpy()
        expected = np.roll(source[0, 0].numpy(), -1, axis)
        expected[tuple(slice(-1, None) if k == axis else slice(None) for k in range(3))] = 0
        np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_trilinear_weights_by_hand():
    """Oracle: by hand: at (.25, .5, .75) of a 2 x 2 x 2 box of ones at one corner each, products of shares."""
    point = torch.tensor([0.25, 0.5, 0.75]).mul(2).sub(1).view(1, 1, 1, 1, 3)  # align_corners: -1 and 1 are the centres
    for corner in range(8):
        box = torch.zeros(8)
        box[corner] = 1
        z, y, x = corner >> 2, corner >> 1 & 1, corner & 1
        weight = (0.25 if x else 0.75) * 0.5 * (0.75 if z else 0.25)
        found = grid_sample_3d(box.view(1, 1, 2, 2, 2), point, align_corners=True).item()
        assert found == pytest.approx(weight), (x, y, z)


def test_the_module_warps_volumes():
    """Oracle: torch's pair of functions at the same theta; the identity to begin with."""
    localization = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4 * 5 * 6, 12))
    st = SpatialTransformer(localization, (4, 5, 6), AFFINE_3D)
    volumes = torch.rand(2, 1, 4, 5, 6)
    torch.testing.assert_close(st(volumes), volumes, rtol=0, atol=1e-5)
    torch.nn.init.normal_(localization[1].weight, std=0.05)
    theta = localization(volumes).view(2, 3, 4)
    expected = F.grid_sample(volumes, F.affine_grid(theta, volumes.shape, False), align_corners=False)
    torch.testing.assert_close(st(volumes), expected, rtol=0, atol=1e-5)
    st(volumes).square().sum().backward()
    assert localization[1].weight.grad.abs().sum() > 0


def test_rotations_are_scipys():
    """Oracle: scipy's rotation vectors."""
    axis, angle = torch.randn(50, 3, dtype=torch.float64), torch.rand(50, dtype=torch.float64) * math.pi
    vector = axis / axis.norm(dim=1, keepdim=True) * angle[:, None]
    expected = Rotation.from_rotvec(vector.numpy()).as_matrix()
    np.testing.assert_allclose(rotation_3d(axis, angle).numpy(), expected, atol=1e-12)


def test_rotations_and_places_are_drawn_as_documented():
    """Oracle: scipy's Kolmogorov-Smirnov test on what linear algebra recovers from theta."""
    _, theta = extrude(torch.zeros(3000, 1, 4, 4), 8, 1.2, generator=torch.Generator().manual_seed(0))
    shares = np.array([0.7, 0.7, 0.2])
    back = theta[:, :, :3].double().numpy() * shares[:, None]
    place = -np.linalg.solve(back, (theta[:, :, 3].double().numpy() * shares)[..., None])[..., 0]
    vectors = Rotation.from_matrix(back.transpose(0, 2, 1)).as_rotvec()
    angle = np.linalg.norm(vectors, axis=1)
    assert stats.kstest(angle, stats.uniform(0, 1.2).cdf).pvalue > 0.01
    assert stats.kstest(vectors[:, 2] / angle, stats.uniform(-1, 2).cdf).pvalue > 0.01  # Archimedes: uniform height
    room = 1 - math.sqrt(2 * (0.7 * 22 / 28) ** 2 + 0.2**2)
    for axis in range(3):
        assert stats.kstest(place[:, axis], stats.uniform(-room, 2 * room).cdf).pvalue > 0.01


def test_the_whole_digit_stays_in_the_volume():
    """Oracle: by hand: 22.4 of 28 pixels a side and 6.4 voxels deep, so the ink times .8 x .8 x 6.4; none is cut off."""
    digits = load_digits_split().test_images[:64]
    rotated, _ = extrude(digits, 32, math.pi, generator=torch.Generator().manual_seed(1))
    ratio = rotated.sum((1, 2, 3, 4)) / (digits.sum((1, 2, 3)) * 0.8 * 0.8 * 6.4)
    assert (ratio - 1).abs().max() < 0.03 and abs(ratio.mean().item() - 1) < 0.005


def test_an_unrotated_digit_is_its_own_projection():
    """Oracle: torch's resampling of the flat digit."""
    digits = load_digits_split().test_images[:5]
    volumes, theta = extrude(digits, 40, 0.0, generator=torch.Generator().manual_seed(2))
    projection = volumes.sum(2) / (0.2 * 40)
    flat = theta[:, :2][:, :, [0, 1, 3]]
    expected = F.grid_sample(digits, F.affine_grid(flat, projection.shape, False), align_corners=False)
    torch.testing.assert_close(projection, expected, rtol=0, atol=0.03)


def test_undoing_theta_gives_the_digit_back():
    """Oracle: the digit itself: the inverse of theta, in the module's own functions, turns the block face on."""
    digits = load_digits_split().test_images[:6]
    volumes, theta = extrude(digits, 64, 1.0, generator=torch.Generator().manual_seed(3))
    whole = torch.cat([theta, torch.tensor([0.0, 0, 0, 1]).expand(6, 1, 4)], 1)
    undo = torch.linalg.inv(whole)[:, :3]
    block = F.grid_sample(volumes, affine_grid_3d(undo, (6, 1, 9, 28, 28)), align_corners=False)
    assert (block[:, :, 4] - digits).abs().mean() < 0.05


@pytest.mark.parametrize("transformer", [False, True])
def test_networks(transformer):
    """Oracle: the budget; the projection of an unwarped volume by numpy; the shapes requested."""
    net = VolumeNetwork(transformer, 16).eval()
    assert abs(sum(p.numel() for p in net.parameters()) - 300_000) < 3000
    volumes = torch.rand(3, 1, 16, 16, 16)
    if not transformer:
        np.testing.assert_allclose(net.projection(volumes).numpy(), volumes.numpy().sum(2) / 3.2, atol=1e-5)
    assert net(volumes).shape == (3, 10)


def test_wrong_requests_are_refused():
    """Oracle: the message names expected and got."""
    g = torch.Generator()
    with pytest.raises(ValueError, match=r"expected theta of shape \(N, 3, 4\), got \(1, 2, 3\)"):
        affine_grid_3d(torch.zeros(1, 2, 3), (1, 1, 2, 2, 2))
    with pytest.raises(ValueError, match=r"expected size \(N, C, D, H, W\) of the output with N=1.*got \(1, 1, 2, 2\)"):
        affine_grid_3d(torch.zeros(1, 3, 4), (1, 1, 2, 2))
    with pytest.raises(TypeError, match="expected theta of a floating dtype, got torch.int64"):
        affine_grid_3d(torch.zeros(1, 3, 4, dtype=torch.int64), (1, 1, 2, 2, 2))
    with pytest.raises(ValueError, match=r"expected input of shape \(N, C, D, H, W\), got \(1, 1, 2, 2\)"):
        grid_sample_3d(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2, 2, 3))
    with pytest.raises(ValueError, match="expected max_angle in .* got 60: degrees"):
        extrude(torch.zeros(1, 1, 28, 28), max_angle=60, generator=g)
    with pytest.raises(ValueError, match="expected a side of at least 8 voxels, got 4"):
        extrude(torch.zeros(1, 1, 28, 28), 4, generator=g)
    with pytest.raises(ValueError, match=r"expected images of shape \(N, 1, H, W\), got \(28, 28\)"):
        extrude(torch.zeros(28, 28), generator=g)
    with pytest.raises(ValueError, match="expected a side that is a multiple of 8.*got 30"):
        VolumeNetwork(side=30)
    with pytest.raises(ValueError, match=r"expected volumes of shape \(N, 1, 16, 16, 16\), got \(1, 1, 8, 8, 8\)"):
        VolumeNetwork(side=16)(torch.zeros(1, 1, 8, 8, 8))


def test_it_learns(job):
    """Oracle: a guess is wrong 90 % of the time."""
    config = FitConfig(steps=40, batch_size=32, lr=4e-3)
    row, network = train_and_measure("st-cnn affine", config, load_digits_split(), job(), side=16, max_angle=0.3)
    assert row["error_percent"] < 60 and row["n"] == 445 and row["paper"] is None and not network.training
    assert row["interval_percent"][0] < row["error_percent"] < row["interval_percent"][1]
