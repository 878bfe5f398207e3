"""Localisation networks: shapes, the start, and what an unfit network is told."""

import pytest
import torch
from torch import nn

from stn_lib.localization import ConvLocalization, last_linear, start_at


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
    with pytest.raises(ValueError, match=r"ends in an nn\.Linear, got none"):
        last_linear(nn.Sequential(nn.Conv2d(1, 6, 3), nn.Flatten()))


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
