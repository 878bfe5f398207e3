"""Localisation networks: shapes, the start, and what an unfit network is told."""

import copy

import pytest
import torch
from torch import nn

from stn_lib.localization import ConvLocalization, FullyConnectedLocalization, output_layer, start_at
from stn_lib.spatial_transformer import SpatialTransformer


@pytest.mark.parametrize("size", [(42, 42), (28, 44), (60, 30)])
@pytest.mark.parametrize("pool", [1, 2])
def test_shapes_of_non_square_images(size, pool):
    """Oracle: the shape that was asked for."""
    net = ConvLocalization(size, in_channels=3, out_features=4, pool=pool)
    assert net(torch.rand(5, 3, *size)).shape == (5, 4)


def test_start_is_answered_to_every_image():
    """Oracle: the parameters themselves."""
    net = ConvLocalization((42, 42), out_features=3)
    start = torch.tensor([0.5, -0.25, 0.125])
    start_at(net, start)
    torch.testing.assert_close(net(torch.randn(7, 1, 42, 42)), start.expand(7, 3), rtol=0, atol=0)


def test_without_batch_norm_there_is_none():
    """Oracle: the modules, counted."""
    kinds = [type(m) for m in ConvLocalization((42, 42), batch_norm=False).modules()]
    assert nn.BatchNorm2d not in kinds
    assert all(m.bias is not None for m in ConvLocalization((42, 42), batch_norm=False) if hasattr(m, "bias"))


def test_unfit_networks_are_refused():
    """Oracle: the message names expected, got and remedy."""
    with pytest.raises(ValueError, match="expected an image of at least 8 pixels a side"):
        ConvLocalization((42, 7))
    with pytest.raises(ValueError, match="expected a localisation network with 6 outputs, got 3"):
        start_at(ConvLocalization((42, 42), out_features=3), torch.zeros(6))


@pytest.mark.parametrize("hidden_norm", [False, True])
def test_hidden_units_that_see_every_picture_below_zero(hidden_norm):
    """Oracle: worked by hand: features are >= 0 and all weights < 0, so a ReLU alone gives 0 to every image, and no
    gradient to the weights that would have to change; a norm centres each unit, so that it answers about half of them."""
    torch.manual_seed(0)
    net = ConvLocalization((42, 42), hidden_norm=hidden_norm)
    into, last = [module for module in net.modules() if isinstance(module, nn.Linear)]
    with torch.no_grad():
        into.weight.copy_(-into.weight.abs())
        if into.bias is not None:
            into.bias.zero_()
    answers = net(torch.rand(9, 1, 42, 42))
    answers.square().sum().backward()
    alike = torch.allclose(answers, last.bias.expand(9, 6))
    assert alike is not hidden_norm
    assert bool(into.weight.grad.any()) is hidden_norm


class OutputFirst(nn.Module):
    """Registers its output layer before its hidden one."""

    def __init__(self, hidden):
        super().__init__()
        self.out = nn.Linear(hidden, 6)
        self.hidden = nn.Linear(64, hidden)

    def forward(self, images):
        return self.out(torch.relu(self.hidden(images.flatten(1))))


class Scaled(nn.Module):
    """Multiplies what its layer outputs: by a number, or by one that depends on the image."""

    def __init__(self, by):
        super().__init__()
        self.out, self.by = nn.Linear(64, 6), by

    def forward(self, images):
        return self.out(images.flatten(1)) * self.by


class Branching(OutputFirst):
    """Its way through the layers depends on the values of the image, so it cannot be known beforehand."""

    def forward(self, images):
        hidden = self.hidden(images.flatten(1))
        if hidden.mean() > 100:
            hidden = -hidden
        return self.out(torch.relu(hidden))


class BranchingInOrder(Branching):
    """The same, with the output layer registered last."""

    def __init__(self, hidden):
        super().__init__(hidden)
        self.out = self._modules.pop("out")


class Inside(nn.Module):
    """A whole localisation network inside another module, flattened there."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, images):
        return self.inner(images).flatten(1)


class InsideWithLength(Inside):
    """As many write it; Python's len() of a stand-in for a tensor is no number."""

    def forward(self, images):
        return self.inner(images).view(len(images), -1)


class Heads(nn.Module):
    """One layer for the matrix, one for the shift, joined by a function of torch."""

    def __init__(self, join=torch.cat, sizes=(4, 2)):
        super().__init__()
        self.heads, self.join = nn.ModuleList(nn.Linear(64, size) for size in sizes), join

    def forward(self, images):
        return self.join([layer(images.flatten(1)) for layer in self.heads], 1).flatten(1)


class HeadsWithLength(Heads):
    def forward(self, images):
        return torch.cat([layer(images.view(len(images), -1)) for layer in self.heads], 1)


def head(*behind, **options):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 6, **options), *behind)


@pytest.mark.parametrize(
    "make",
    [
        head,
        lambda: head(nn.Identity()),
        lambda: head(nn.Unflatten(1, (2, 3)), nn.Flatten()),
        lambda: OutputFirst(16),
        lambda: OutputFirst(6),
        lambda: BranchingInOrder(6),
        lambda: nn.Sequential(nn.Conv2d(1, 6, 8), nn.Flatten()),
        lambda: nn.Sequential(nn.Conv2d(1, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        lambda: Inside(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 6))),
        lambda: Inside(ConvLocalization((8, 8), widths=(4,))),
        lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(16), nn.ReLU(), nn.Linear(16, 6)),
    ],
)
def test_the_start_is_the_identity_however_the_network_is_built(make):
    """Oracle: the identity, and a gradient for each of the six numbers."""
    torch.manual_seed(0)
    transformer = SpatialTransformer(make()).train()
    images = torch.rand(2, 1, 8, 8)
    theta = transformer.theta(images)
    torch.testing.assert_close(theta, torch.eye(2, 3).expand(2, 2, 3), rtol=0, atol=0)
    (transformer.sample(images, theta) - images.roll((1, 2), (2, 3))).square().sum().backward()
    assert output_layer(transformer.localization).bias.grad.abs().min() > 0


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: head(nn.Tanh()), r"got Tanh \(Sequential\.2\) behind it"),
        (lambda: head(nn.ReLU()), "got ReLU"),
        (lambda: head(nn.Dropout(0.5)), "got Dropout"),
        (lambda: head(nn.BatchNorm1d(6)), "got BatchNorm1d"),
        (lambda: Scaled(0.1), r"got mul\(\) in Scaled behind it"),
        (lambda: Inside(head(nn.Sigmoid())), r"got Sigmoid \(Inside\.inner\.2\)"),
        (Heads, r"got cat\(\) in Heads, which joins several outputs\. Replace these layers by one"),
        (lambda: Heads(torch.concat), "which joins several outputs"),
        (lambda: Heads(torch.stack, (3, 3)), r"got stack\(\) in Heads"),
        (lambda: nn.Sequential(Heads(), nn.Flatten()), r"got cat\(\) in Sequential\.0"),
        (HeadsWithLength, r"with 6 outputs, got 2 from Linear\(.*\): build it with 6 outputs, all in this last layer"),
        (lambda: head(bias=False), "got Linear with bias=False"),
        (lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(6)), "call the localisation network once"),
        (lambda: head(nn.Unflatten(1, (2, 3)))[:1], "got Sequential without one"),
        (
            lambda: nn.Sequential(nn.Flatten(), torch.nn.utils.parametrizations.weight_norm(nn.Linear(64, 6))),
            "parametriz",
        ),
    ],
)
def test_a_network_whose_start_cannot_be_written_is_refused(make, told):
    """Oracle: the message names the layer and the cure."""
    with pytest.raises(ValueError, match=told):
        SpatialTransformer(make())


class OwnForward(nn.Sequential):
    """Its parts say nothing of what its forward does."""

    def forward(self, images):
        return torch.tanh(super().forward(images))


class OwnLinear(nn.Linear):
    def forward(self, images):
        return 0.1 * super().forward(images)


class InPlace(OutputFirst):
    """Changes the output in place, and returns it under its old name."""

    def forward(self, images):
        output = super().forward(images)
        output.mul_(0.5)
        return output


def hooked():
    net = head()
    net[-1].register_forward_hook(lambda module, inputs, output: 0.5 * output)
    return net


@pytest.mark.parametrize(
    "make",
    [
        hooked,
        lambda: OwnForward(nn.Flatten(), nn.Linear(64, 6)),
        lambda: nn.Sequential(nn.Flatten(), OwnLinear(64, 6)),
        lambda: InPlace(8),
        lambda: head(nn.Unflatten(1, (1, 6)), nn.AvgPool1d(3, 1, 1), nn.Flatten()),
        lambda: InsideWithLength(head(nn.Sigmoid())),
    ],
)
def test_a_start_that_is_not_the_identity_is_refused_whenever_it_runs(make):
    """Oracle: the message, at each call; not inside vmap, where values are not available, but after it."""
    transformer, images = SpatialTransformer(make()), torch.rand(2, 1, 8, 8)
    if not isinstance(transformer.localization, InsideWithLength):
        torch.func.vmap(transformer)(images[:, None])
    for _ in range(2):
        with pytest.raises(ValueError, match="got other numbers: something follows that layer"):
            transformer(images)


@pytest.mark.parametrize("make", [lambda: OutputFirst(6), lambda: BranchingInOrder(6)])
def test_trained_weights_are_no_start(make):
    """Oracle: no refusal, and the weights that were loaded, also where they equal no start."""
    trained = SpatialTransformer(make())
    nn.init.normal_(trained.localization.out.weight)
    fresh = SpatialTransformer(make())
    fresh.load_state_dict(trained.state_dict())
    images = torch.rand(2, 1, 8, 8)
    torch.testing.assert_close(fresh.theta(images), trained.theta(images))
    torch.testing.assert_close(copy.deepcopy(fresh).theta(images), trained.theta(images))


def test_a_network_that_cannot_be_read_beforehand_is_checked_when_it_first_runs():
    """Oracle: by hand: here the layer that was registered last is the hidden one, whose bias nobody outputs."""
    images = torch.rand(2, 1, 8, 8)
    with pytest.raises(ValueError, match=r"outputs the bias of its last layer, Linear\(in_features=64"):
        SpatialTransformer(Branching(6)).theta(images)
    assert all(key.startswith("localization.") for key in SpatialTransformer(Branching(6)).state_dict())
    trained = SpatialTransformer(Branching(6))  # weights that somebody has loaded are not a start
    nn.init.normal_(trained.localization.hidden.weight)
    assert trained.theta(images).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("images", "told"),
    [
        (
            torch.rand(3, 1, 32, 32),
            r"expected images of shape \(N, 1, 28, 30\) for this ConvLocalization, got \(3, 1, 32",
        ),
        (torch.rand(3, 3, 28, 30), r"got \(3, 3, 28, 30\): resize"),
        (torch.rand(1, 28, 30), r"got \(1, 28, 30\): add a batch with images\[None\]"),
        (torch.rand(28, 30), r"images\[None, None\]"),
        (torch.rand(28, 30, 3), r"permute\(2, 0, 1\)"),
        (torch.zeros(3, 1, 28, 30, dtype=torch.uint8), r"got torch.uint8: convert it with \.float\(\)"),
        (torch.rand(3, 1, 28, 30, dtype=torch.float64), r"got torch.float64: use images.to\(torch.float32\)"),
    ],
)
def test_images_that_do_not_fit_are_refused(images, told):
    """Oracle: the message names expected, got and what to do, for the network alone and in the module."""
    net = ConvLocalization((28, 30))
    for called in (net, SpatialTransformer(net)):
        with pytest.raises((TypeError, ValueError), match=told):
            called(images)


@pytest.mark.parametrize("net", [ConvLocalization((28, 28), hidden_norm=True), FullyConnectedLocalization((28, 28))])
def test_one_image_is_no_batch_for_a_norm(net):
    """Oracle: the message says what to do; in evaluation one image is enough."""
    with pytest.raises(ValueError, match=r"expected at least 2 images in training, got 1.*drop_last=True"):
        SpatialTransformer(net)(torch.rand(1, 1, 28, 28))
    assert SpatialTransformer(net).eval()(torch.rand(1, 1, 28, 28)).shape == (1, 1, 28, 28)
