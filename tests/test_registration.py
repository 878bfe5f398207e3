"""Registration: it finds what moved an image, the basin ends where it should, and what widens it does."""

import numpy as np
import pytest
import torch
from scipy import ndimage, optimize
from torch.nn import functional as F

from stn_lib import transforms
from stn_lib.data import sample_digits
from stn_lib.registration import blurred, register


def dot(height=21, width=41, at=(10, 20), sigma=2.0):
    row, column = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    return torch.exp(-((row - at[0]) ** 2 + (column - at[1]) ** 2) / (2 * sigma**2))[None, None].double()


def end(path):
    """The shift of the last theta in pixels of a 21 x 41 image: (x, y)."""
    return (path.theta[-1, 0, :, 2] * torch.tensor([41, 21]) / 2).tolist()


@pytest.mark.parametrize("sigma", [0.7, 2.0, 5.3])
def test_a_blur_is_scipys(sigma):
    """Oracle: scipy.ndimage.gaussian_filter with zeros outside, on images that are not square."""
    images = torch.rand(2, 3, 9, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = ndimage.gaussian_filter(images.numpy(), (0, 0, sigma, sigma), mode="constant", truncate=4.0)
    np.testing.assert_allclose(blurred(images, sigma).numpy(), expected, atol=1e-12)
    assert blurred(images, 0) is images


def test_the_path_begins_at_the_start_and_its_losses_are_torchs():
    """Oracle: torch's affine_grid, grid_sample and mse_loss at each theta of the path."""
    start = transforms.rotation(torch.tensor([0.1, -0.2], dtype=torch.float64))
    moving = torch.cat([dot(), dot(at=(8, 23))])
    fixed = torch.cat([dot(15, 30, (7, 14)), dot(15, 30, (6, 16))])
    path = register(moving, fixed, start, steps=5)
    assert path.theta.shape == (6, 2, 2, 3) and path.loss.shape == (6, 2)
    assert torch.equal(path.theta[0], start)
    for theta, losses in zip(path.theta, path.loss, strict=True):
        read = F.grid_sample(moving, F.affine_grid(theta, (2, 1, 15, 30), False), align_corners=False)
        for n in range(2):
            torch.testing.assert_close(losses[n], F.mse_loss(read[n], fixed[n]))


def test_it_finds_the_shift_that_scipy_made_and_scipys_optimiser_agrees():
    """Oracle: the shift by hand (three pixels right, two up), and scipy's minimiser on the same loss."""
    moving, fixed = dot(at=(8, 23)), dot()
    path = register(moving, fixed, move="translation", steps=150)
    assert end(path) == pytest.approx([3, -2], abs=0.02)
    assert path.loss[-1] < 1e-6 < path.loss[0]
    assert (path.theta[:, :, :, :2] == torch.eye(2)).all()  # a translation moves nothing else

    def loss(shift):
        read = ndimage.shift(moving[0, 0].numpy(), (-shift[1], -shift[0]), order=1)
        return ((read - fixed[0, 0].numpy()) ** 2).mean()

    best = optimize.minimize(loss, [1.0, -1.0], method="Nelder-Mead").x
    assert end(path) == pytest.approx(best.tolist(), abs=0.03)


def test_an_affine_descent_rotates_and_scales():
    """Oracle: the theta that made the moving image, inverted: sampled at the inverse, the moving image is the fixed one."""
    generator = torch.Generator().manual_seed(3)
    fixed = blurred(torch.rand(1, 1, 32, 32, generator=generator, dtype=torch.float64), 3.0) - 0.5
    row, column = torch.meshgrid(torch.linspace(-1, 1, 32), torch.linspace(-1, 1, 32), indexing="ij")
    fixed = 10 * fixed * torch.exp(-4 * (row**2 + column**2))
    made = transforms.compose(
        transforms.rotation(torch.tensor(0.3).double()), transforms.scaling(torch.tensor(1.15).double())
    )
    moving = F.grid_sample(fixed, F.affine_grid(made, (1, 1, 32, 32), False), align_corners=False)
    path = register(moving, fixed, steps=300)
    torch.testing.assert_close(path.theta[-1], transforms.invert(made), atol=0.03, rtol=0)


def test_rounding_never_moves():
    """Oracle: by hand: its gradient is 0."""
    path = register(dot(at=(10, 22)), dot(), sampler="nearest", steps=10)
    assert torch.equal(path.theta[0], path.theta[-1])


@pytest.mark.parametrize(
    "wider",
    [{"blurs": (6.0, 3.0, 0.0)}, {"sampler": "linearized", "spread": 6.0}],
    ids=["coarse-to-fine", "linearized"],
)
def test_the_basin_ends_and_is_widened(wider):
    """Oracle: 14 pixels, seven times the dot's sigma, by hand. Bilinear sampling alone does not get there."""
    moving, fixed = dot(at=(10, 34)), dot()
    narrow = register(moving, fixed, move="translation", steps=240, lr=0.02)
    assert abs(end(narrow)[0] - 14) > 8
    draw = torch.Generator().manual_seed(0)
    wide = register(moving, fixed, move="translation", steps=240, lr=0.02, generator=draw, **wider)
    assert end(wide) == pytest.approx([14, 0], abs=0.5)


def test_the_same_generator_gives_the_same_path():
    paths = [
        register(dot(at=(8, 23)), dot(), sampler="linearized", steps=5, generator=torch.Generator().manual_seed(4))
        for _ in range(2)
    ]
    assert torch.equal(paths[0].theta, paths[1].theta)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fixed": torch.zeros(2, 1, 5, 5)}, "one batch size, number of channels and dtype"),
        ({"fixed": torch.zeros(5, 5)}, r"fixed of shape \(N, C, H, W\)"),
        ({"move": "rotation"}, "expected move to be one of 'translation', 'affine'"),
        ({"sampler": "cubic"}, "expected sampler to be one of"),
        ({"blurs": ()}, "at least one blur"),
        ({"blurs": (2.0, 0.0), "steps": 1}, "a step for each"),
        ({"blurs": (-1.0,)}, "blur of 0 or more"),
        ({"start": torch.eye(2, 3)}, r"theta\[None\]"),
        ({"start": torch.eye(2, 3).repeat(3, 1, 1)}, "a start for each of 1"),
    ],
)
def test_wrong_requests_are_refused(arguments, message):
    """Oracle: the message names expected, got and remedy."""
    arguments = {"moving": torch.zeros(1, 1, 5, 5), "fixed": torch.zeros(1, 1, 5, 5)} | arguments
    with pytest.raises(ValueError, match=message):
        register(**arguments)
    with pytest.raises(TypeError, match="floating"):
        register(torch.zeros(1, 1, 5, 5, dtype=torch.uint8), torch.zeros(1, 1, 5, 5))


def test_an_empty_batch_goes_through():
    assert register(torch.zeros(0, 1, 5, 5), torch.zeros(0, 1, 5, 5), steps=2).theta.shape == (3, 0, 2, 3)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_descends_where_the_caller_has_switched_gradients_off(mode):
    """Oracle: the same call without it."""
    square = torch.zeros(1, 1, 16, 16)
    square[..., 4:10, 4:10] = 1
    expected = register(square.roll(2, 3), square, steps=5)
    with mode():
        path = register(square.roll(2, 3), square.clone(), steps=5)
    assert torch.equal(path.theta, expected.theta) and not path.theta.is_inference()


def test_bilinear_descent_stops_in_a_ripple_and_bicubic_descent_does_not():
    """Oracle: the loss at whole pixels, where nothing is interpolated. Where it falls all the way, only a ripple can stop."""
    fixed = F.pad(sample_digits(), (18,) * 4).double()
    moving = fixed.roll(-10, 3)
    whole = torch.stack([(moving.roll(k, 3) - fixed).square().mean((1, 2, 3)) for k in range(11)])
    falls = (whole[1:] < whole[:-1]).all(0)
    assert falls.sum() == 8

    def arrived(**method):
        path = register(moving, fixed, move="translation", steps=150, **method)
        return (path.theta[-1, :, :, 2] * 32 - torch.tensor([-10.0, 0.0])).norm(dim=1) < 0.5

    assert arrived().sum() == 4
    assert torch.equal(arrived(sampler="bicubic"), falls)
    assert arrived(blurs=(1.0,)).all()
