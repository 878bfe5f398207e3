"""The module against torch's own pair of functions, its start, and where its gradients go."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.interpolate import RBFInterpolator
from torch import nn
from torch.nn import functional as F

from stn_lib.grid import affine_grid
from stn_lib.localization import ConvLocalization
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer, Transform


def fixed(answer):
    """A localisation network that answers `answer` (P,) to every 9 x 13 image of two channels."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(2 * 9 * 13, len(answer)))
    return net, torch.tensor(answer)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("out_size", [None, (5, 17)])
def test_equals_torch_forward_and_backward(align_corners, padding_mode, out_size):
    """Oracle: F.affine_grid and F.grid_sample, values and gradients, on a non-square image."""
    net, answer = fixed([0.7, -0.3, 0.11, 0.2, 1.3, -0.23])
    module = SpatialTransformer(net, out_size, padding_mode=padding_mode, align_corners=align_corners).double()
    with torch.no_grad():
        net[1].bias.copy_(answer)
    ours = torch.randn(3, 2, 9, 13, dtype=torch.float64, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    theta = answer.double().view(1, 2, 3).repeat(3, 1, 1).requires_grad_()
    grid = F.affine_grid(theta, (3, 2, *(out_size or (9, 13))), align_corners)
    expected = F.grid_sample(theirs, grid, padding_mode=padding_mode, align_corners=align_corners)
    got = module(ours)
    torch.testing.assert_close(got, expected)
    weight = torch.randn_like(expected)
    (got * weight).sum().backward()
    (expected * weight).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
    torch.testing.assert_close(net[1].bias.grad, theta.grad.sum(0).flatten())


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("align_corners", [False, True])
def test_every_family_starts_at_the_identity_and_learns_all_its_parameters(name, align_corners):
    """Oracle: the image; a gradient for each parameter, which torch's finite differences confirm."""
    images = torch.rand(2, 2, 9, 13, dtype=torch.float64)
    net, _ = fixed([0.0] * len(TRANSFORMS[name].identity))
    module = SpatialTransformer(net, transform=name, align_corners=align_corners).double()
    torch.testing.assert_close(module(images), images, atol=2e-5, rtol=0)
    start = net[1].bias.detach() + 0.01 * torch.arange(1, len(net[1].bias) + 1)
    weight = torch.randn(1, 5, 7, 2, dtype=torch.float64)

    def weighted(parameters):
        return (module.grid(module.family.theta(parameters[None]), (5, 7)) * weight).sum()

    (gradient,) = torch.autograd.grad(weighted(start.requires_grad_()), start)
    assert gradient.abs().min() > 0
    assert torch.autograd.gradcheck(weighted, (start,))


def test_identity_start_with_another_size_is_a_plain_resize():
    """Oracle: F.interpolate, which knows nothing of grids."""
    images = torch.rand(4, 1, 42, 42, dtype=torch.float64)
    module = SpatialTransformer(ConvLocalization((42, 42)), (28, 28)).double()
    expected = F.interpolate(images, size=(28, 28), mode="bilinear", align_corners=False)
    torch.testing.assert_close(module(images), expected, rtol=0, atol=1e-12)


def test_convention_attention():
    """Oracle: by hand: s = 0.5 and t = (0.5, -0.5) read the upper right quarter, on a non-square image."""
    net, _ = fixed([0.0] * 3)
    module = SpatialTransformer(net, (8, 10), transform="attention", align_corners=True)
    with torch.no_grad():
        net[1].bias.copy_(torch.tensor([0.5, 0.5, -0.5]))
    images = torch.rand(1, 2, 9, 13)
    expected = F.interpolate(images[:, :, :5, 6:], size=(8, 10), mode="bilinear", align_corners=True)
    torch.testing.assert_close(module(images), expected)
    assert module.theta(images)[0].tolist() == [[0.5, 0.0, 0.5], [0.0, 0.5, -0.5]]


@pytest.mark.parametrize("align_corners", [False, True])
def test_projective_and_spline_modules_read_where_the_closed_forms_say(align_corners):
    """Oracle: scipy's map_coordinates at source points that numpy and scipy's spline work out."""
    height, width = 9, 13
    image = torch.rand(1, 2, height, width, dtype=torch.float64)
    slack = 1 if align_corners else 0

    def unit(k, side):
        return (2 * k / (side - 1) - 1) if align_corners else (2 * k + 1) / side - 1

    rows, columns = np.mgrid[:5, :7]
    target = np.stack([unit(columns, 7), unit(rows, 5)], -1).reshape(-1, 2)

    lattice = np.stack(np.meshgrid(np.linspace(-1, 1, 4), np.linspace(-1, 1, 4)), -1).reshape(-1, 2)
    sources = 0.7 * lattice + 0.05 * np.random.default_rng(0).standard_normal((16, 2))
    bent = RBFInterpolator(lattice, sources, kernel="thin_plate_spline")(target)

    raw = np.array([0.6, 0.1, 0.05, -0.1, 0.5, -0.04, 0.2, -0.3])
    lean = 0.45 * np.tanh(raw[6:] / 0.45)
    mapped = np.array([raw[:3], raw[3:6], [*lean, 1.0]]) @ np.column_stack([target, np.ones(35)]).T
    for name, answer, source in (("projective", raw, (mapped[:2] / mapped[2]).T), ("tps", sources.ravel(), bent)):
        net, _ = fixed([0.0] * len(answer))
        module = SpatialTransformer(net, (5, 7), name, "border", align_corners).double()
        with torch.no_grad():
            net[1].bias.copy_(torch.from_numpy(answer))
        x = (source[:, 0] + 1) * (width - slack) / 2 - (1 - slack) / 2
        y = (source[:, 1] + 1) * (height - slack) / 2 - (1 - slack) / 2
        at = [np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
        expected = [ndimage.map_coordinates(image[0, c].numpy(), at, order=1).reshape(5, 7) for c in range(2)]
        np.testing.assert_allclose(module(image)[0].detach().numpy(), np.stack(expected), atol=1e-9)


def test_no_answer_of_the_network_puts_the_horizon_into_a_projective_picture():
    """Oracle: the grid is finite, and so is the gradient, for answers far outside what is sensible."""
    net, _ = fixed([0.0] * 8)
    module = SpatialTransformer(net, (8, 8), "projective", align_corners=True)
    images = torch.rand(4, 2, 9, 13)
    for corner in ([50.0, 50.0], [-50.0, 50.0], [50.0, -50.0], [-50.0, -50.0]):
        with torch.no_grad():
            net[1].bias[6:] = torch.tensor(corner)
        assert module.grid(module.theta(images)).isfinite().all()
        (gradient,) = torch.autograd.grad(module(images).sum(), net[1].bias)
        assert gradient.isfinite().all()


@pytest.mark.parametrize(("name", "parameters"), [("projective", 8), ("tps", 32)])
def test_projective_and_spline_modules_learn(name, parameters):
    """Oracle: the loss, which descent on the start alone must bring down."""
    net, _ = fixed([0.0] * parameters)
    module = SpatialTransformer(net, transform=name)
    row, column = torch.meshgrid(torch.arange(9.0), torch.arange(13.0), indexing="ij")
    blob = torch.exp(-((row - 4) ** 2 + (column - 6) ** 2) / 8).expand(1, 2, 9, 13)
    goal = blob.roll(2, dims=3)
    descent = torch.optim.Adam([net[1].bias], lr=0.02)
    losses = []
    for _ in range(60):
        loss = F.mse_loss(module(blob), goal)
        descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_first_step_moves_only_the_last_layer_and_the_second_all():
    """Oracle: by hand: a zero weight passes no gradient down, its own gradient is not zero."""
    torch.manual_seed(0)
    net = ConvLocalization((42, 42), batch_norm=False)
    module = SpatialTransformer(net, (28, 28))
    images, goal = torch.rand(8, 1, 42, 42), torch.rand(8, 1, 28, 28)
    moved = []
    for _ in range(2):
        before = [p.detach().clone() for p in net.parameters()]
        F.mse_loss(module(images), goal).backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= 10 * p.grad
                p.grad = None
        moved.append([not torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True)])
    assert moved[0] == [False] * (len(before) - 2) + [True, True]
    assert all(moved[1])


def turned_and_off(net, module):
    """Points the module at a place that lies in part outside of a 9 x 13 image."""
    answer = torch.tensor([1.3, -0.4, 0.6, 0.3, 1.6, -0.5])
    with torch.no_grad():
        net[1].bias.copy_(answer)
    return F.affine_grid(
        answer.to(net[1].bias.dtype).view(1, 2, 3).expand(3, 2, 3), (3, 2, 5, 17), module.align_corners
    )


@pytest.mark.parametrize("align_corners", [False, True])
def test_a_background_is_torchs_zeros_on_a_shifted_picture(align_corners):
    """Oracle: F.grid_sample, of the image and of ones, which tell how much of each pixel lay inside."""
    net, _ = fixed([0.0] * 6)
    module = SpatialTransformer(net, (5, 17), align_corners=align_corners, background=-0.4242).double()
    grid = turned_and_off(net, module)
    images = torch.randn(3, 2, 9, 13, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    inside = F.grid_sample(torch.ones_like(images), grid, align_corners=align_corners)
    expected = F.grid_sample(images, grid, align_corners=align_corners) - 0.4242 * (1 - inside)
    torch.testing.assert_close(module(images), expected)
    assert inside.min() == 0 and inside.max() > 0.999  # the grid does leave the image


def test_paper_stays_paper_wherever_theta_reads():
    """Oracle: the number itself; zeros draw a frame there."""
    net, _ = fixed([0.0] * 6)
    paper = torch.full((3, 2, 9, 13), -0.4242)
    for background, frame in ((-0.4242, 0.0), (0.0, 0.4242)):
        module = SpatialTransformer(net, (5, 17), background=background)
        turned_and_off(net, module)
        assert (module(paper) + 0.4242).abs().max().item() == pytest.approx(frame, abs=1e-6)


def test_without_a_background_nothing_changes_to_the_bit():
    """Oracle: F.grid_sample at the module's own grid, bit for bit."""
    net, _ = fixed([0.0] * 6)
    module = SpatialTransformer(net, (5, 17))
    turned_and_off(net, module)
    images = torch.randn(3, 2, 9, 13, generator=torch.Generator().manual_seed(0))
    expected = F.grid_sample(images, module.grid(module.theta(images)), align_corners=False)
    assert torch.equal(module(images), expected)


def test_the_gradients_past_a_background_are_right():
    """Oracle: torch's finite differences, for the image and for theta, on a grid away from the pixels' kinks."""
    net, _ = fixed([0.0] * 6)
    module = SpatialTransformer(net, (3, 4), background=0.7).double()
    images = torch.randn(1, 2, 9, 13, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    bias = torch.tensor([1.1, 0.21, 0.23, -0.17, 0.9, 0.31], dtype=torch.float64)

    def read(images, bias):
        state = {"localization.1.weight": torch.zeros_like(net[1].weight), "localization.1.bias": bias}
        return torch.func.functional_call(module, state, (images,))

    assert torch.autograd.gradcheck(read, (images.requires_grad_(), bias.requires_grad_()))


def window(parameters):
    """A window of half to all of the image's side that cannot leave it."""
    size = 0.5 + 0.5 * torch.sigmoid(parameters[:, :1])
    place = (1 - size) * torch.tanh(parameters[:, 1:])
    zero = torch.zeros_like(size)
    return torch.cat([size, zero, place[:, :1], zero, size, place[:, 1:]], 1).view(-1, 2, 3)


def test_a_transform_of_ones_own_is_a_window_that_cannot_leave_the_picture():
    """Oracle: by hand: at the start three quarters of the side; with +50 and -50 the upper right quarter."""
    net, _ = fixed([0.0] * 3)
    module = SpatialTransformer(net, (8, 10), Transform((0, 0, 0), window, affine_grid))
    images = torch.rand(2, 2, 9, 13)
    torch.testing.assert_close(module.theta(images)[0], torch.tensor([[0.75, 0, 0], [0, 0.75, 0]]))
    with torch.no_grad():
        net[1].bias.copy_(torch.tensor([-50.0, 50.0, -50.0]))
    theta = module.theta(images)
    torch.testing.assert_close(theta[0], torch.tensor([[0.5, 0, 0.5], [0, 0.5, -0.5]]))
    expected = F.grid_sample(images, F.affine_grid(theta, (2, 2, 8, 10), False), align_corners=False)
    torch.testing.assert_close(module(images), expected)
    assert module.grid(theta).abs().max() <= 1
    assert "transform='own'" in repr(module)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_half_precision_ends_at_the_localisation_network(transform):
    """Oracle: the same theta, read without autocast. Half precision would misplace a spline's grid, a matrix product, by
    tenths of a pixel; only the localisation network may round."""
    torch.manual_seed(0)
    outputs = len(TRANSFORMS[transform].identity)
    module = SpatialTransformer(ConvLocalization((20, 30), out_features=outputs), (14, 17), transform)
    nn.init.normal_(module.localization[-1].weight, std=0.02)
    images = torch.rand(4, 1, 20, 30)
    with torch.autocast("cpu", torch.bfloat16):
        theta, seen = module.theta(images), module(images)
    assert theta.dtype == seen.dtype == torch.float32
    assert torch.equal(seen, module.sample(images, theta))


def test_wrong_requests_are_refused():
    """Oracle: the message names expected and got."""
    net, _ = fixed([0.0] * 6)
    with pytest.raises(ValueError, match="expected transform in"):
        SpatialTransformer(net, transform="spline")
    with pytest.raises(ValueError, match="expected padding_mode"):
        SpatialTransformer(net, padding_mode="wrap")
    with pytest.raises(ValueError, match="expected a finite background, got nan"):
        SpatialTransformer(net, background=float("nan"))
    with pytest.raises(ValueError, match="expected padding_mode 'zeros' with a background, got 'border'"):
        SpatialTransformer(net, padding_mode="border", background=-0.4)
    with pytest.raises(ValueError, match="expected a localisation network with 3 outputs, got 6"):
        SpatialTransformer(net, transform=Transform((0, 0, 0), window, affine_grid))
    with pytest.raises(ValueError, match="expected a localisation network with 3 outputs, got 6"):
        SpatialTransformer(net, transform="attention")
    with pytest.raises(ValueError, match=r"expected a size \(H, W\), got None"):
        SpatialTransformer(net).grid(torch.zeros(1, 2, 3))


@pytest.mark.parametrize("name", ["affine", "tps"])
def test_with_samples_it_is_torch_on_a_finer_grid_and_its_mean(name):
    """Oracle: torch's sampler and mean pooling on the family's grid of twice the size, which has its points in the same
    places, up to the bend of a spline inside a pixel; output and both gradients."""
    torch.manual_seed(0)
    localization = ConvLocalization((20, 30), out_features=len(TRANSFORMS[name].identity))
    module = SpatialTransformer(localization, (7, 9), name, samples=2, background=-0.4)
    images = F.interpolate(torch.rand(3, 2, 5, 7), (20, 30), mode="bilinear").requires_grad_()
    theta = torch.tensor(module.family.identity).view(1, -1) + (0.1 if name == "affine" else 0.01) * torch.randn(
        3, len(module.family.identity)
    )
    theta = module.family.theta(theta).detach().requires_grad_()
    out = module.sample(images, theta)
    grid = module.family.grid(theta, (3, 1, 14, 18), False)
    expected = F.avg_pool2d(F.grid_sample(images + 0.4, grid, align_corners=False), 2) - 0.4
    slack = 1e-5 if name == "affine" else 0.02
    assert torch.allclose(out, expected, atol=slack) and out.shape == (3, 2, 7, 9)
    weight = torch.rand_like(out)
    for found, want in zip(
        torch.autograd.grad((out * weight).sum(), (images, theta)),
        torch.autograd.grad((expected * weight).sum(), (images, theta)),
        strict=True,
    ):
        assert (found - want).norm() < (1e-4 if name == "affine" else 0.06) * want.norm()


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_channels_stay_last_in_memory(channels, samples):
    """Oracle: torch's own strides, those of what a convolution writes too."""
    images = torch.rand(2, channels, 9, 8)
    st = SpatialTransformer(ConvLocalization((9, 8), in_channels=channels), (4, 5), samples=samples)
    first, last = st(images), st(images.to(memory_format=torch.channels_last))
    assert first.is_contiguous() and first.stride(1) == 4 * 5 and torch.allclose(first, last, rtol=0, atol=1e-6)
    assert last.is_contiguous(memory_format=torch.channels_last) and last.stride(1) == 1
    written = torch.nn.Conv2d(channels, 8, 3)(last)
    assert written.is_contiguous(memory_format=torch.channels_last) and not written.is_contiguous()


def test_samples_are_checked():
    """Oracle: the message names expected and got."""
    with pytest.raises(ValueError, match="expected a whole number of at least 1 sample along each axis, got 0"):
        SpatialTransformer(ConvLocalization((28, 28)), samples=0)
