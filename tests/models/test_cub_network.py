"""The paper's networks for CUB-200-2011: their parameters, counted by hand, where they look, and what they learn."""

import math
import sys
import types

import pooch
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from stn_lib.data import cub_batch, load_cub
from stn_lib.models import CUBNetwork, torchvision_backbone
from stn_lib.models.cub import TILES, AttentionWindows, parts_in_windows, small_backbone
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit
from stn_lib.training.optimizer import parameter_groups
from tests.cub_archive import make_archive, patch


def tiny():
    return small_backbone((4, 8))


SMALL = {"in_size": (48, 64), "out_size": (24, 32), "backbone": tiny, "classes": 3, "hidden": 8}


def conv(side, inputs, outputs):
    """A convolution without bias, and the two numbers of its batch norm for each channel."""
    return side * side * inputs * outputs + 2 * outputs


def linear(inputs, outputs):
    return (inputs + 1) * outputs


#: Worked by hand: five poolings take 224 pixels to 7.
BACKBONE = conv(5, 3, 32) + conv(3, 32, 64) + conv(3, 64, 128) + conv(3, 128, 256) + conv(3, 256, 256)
LOCALIZATION = BACKBONE + linear(256, 128) + linear(128 * 7 * 7, 128)


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        (0, BACKBONE + linear(256, 200)),
        (2, 2 * BACKBONE + linear(512, 200) + LOCALIZATION + linear(128, 4)),
        (4, 4 * BACKBONE + linear(1024, 200) + LOCALIZATION + linear(128, 8)),
    ],
)
def test_parameters_are_counted_by_hand(windows, expected):
    """Oracle: the sum above. Windows share one localisation network, so that two more of them add only their backbones, the
    classifier's inputs and four numbers.
    """
    network = CUBNetwork(windows, (448, 448) if windows else (224, 224))
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


@pytest.mark.parametrize("windows", [2, 4])
def test_new_windows_see_their_tiles(windows):
    """Oracle: slices of the image. A window of half the sides has one source pixel for each of its pixels."""
    images = torch.rand(2, 3, 48, 64)
    found = AttentionWindows(tiny, (48, 64), windows, (24, 32))(images)
    assert found.shape == (2, windows, 3, 24, 32)
    for seen, (x, y) in zip(found.unbind(1), TILES[windows], strict=True):
        left, top = round((x + 0.5) * 32), round((y + 0.5) * 24)
        torch.testing.assert_close(seen, images[..., top : top + 24, left : left + 32], rtol=0, atol=1e-5)


def test_a_window_moves_with_its_own_two_numbers():
    """Oracle: the image, shifted by hand: the second window is moved by three pixels to the right and two down."""
    windows = AttentionWindows(tiny, (48, 64), 4, (24, 32))
    with torch.no_grad():
        windows.localization[-1].bias[2:4] += torch.tensor([3 * 2 / 64, 2 * 2 / 48])
        images = torch.rand(1, 3, 48, 64)
        seen = windows(images)
    torch.testing.assert_close(seen[:, 1, :, :22, :29], images[:, :, 2:24, 35:], rtol=0, atol=1e-5)
    torch.testing.assert_close(seen[:, 1, :, 22:, :29], images[:, :, 24:26, 35:], rtol=0, atol=1e-5)
    assert (seen[:, 1, :, :, 29:] == 0).all()  # outside the image
    torch.testing.assert_close(seen[:, 0], images[:, :, :24, :32], rtol=0, atol=1e-5)


def test_a_network_without_windows_is_its_backbone_and_a_classifier():
    """Oracle: the backbone called by hand."""
    network = CUBNetwork(0, (48, 64), backbone=tiny, classes=3).eval()
    images = torch.rand(2, 3, 48, 64)
    with torch.no_grad():
        expected = network[-1](network[1][0][0](images).mean((2, 3)))
        torch.testing.assert_close(network(images), expected)
    assert network.transformers == []


def test_each_window_has_a_backbone_of_its_own():
    """Oracle: the logits, which change with the weights of either backbone."""
    network = CUBNetwork(2, **SMALL).eval()
    images = torch.rand(1, 3, 48, 64)
    with torch.no_grad():
        before = network(images)
        for part in network[1]:
            part[0][0].weight *= 2
            after = network(images)
            assert (after - before).abs().max() > 1e-4
            before = after


def test_the_gradient_reaches_the_localisation_network():
    """Oracle: none but the last layer at the start, whose weight is zero; all layers once that layer has moved."""
    network = CUBNetwork(2, **SMALL)
    localization = network.transformers[0].localization
    images = torch.rand(4, 3, 48, 64)

    def moved():
        network.zero_grad()
        F.cross_entropy(network(images), torch.tensor([0, 1, 2, 0])).backward()
        return [bool(parameter.grad.abs().sum() > 0) for parameter in localization.parameters()]

    first = moved()
    assert first[-2:] == [True, True] and not any(first[:-2])
    with torch.no_grad():
        localization[-1].weight.normal_()
    assert all(moved())


def test_only_the_localisation_network_has_the_small_rate():
    """Oracle: the parameters by identity; the factor is the config's."""
    network = CUBNetwork(2, **SMALL)
    base, small = parameter_groups(network, FitConfig(localization_lr_factor=1e-4))
    assert (base["factor"], small["factor"]) == (1.0, 1e-4)
    inside = {id(parameter) for parameter in network.transformers[0].localization.parameters()}
    assert {id(parameter) for parameter in small["params"]} == inside
    assert len(base["params"]) + len(small["params"]) == len(list(network.parameters()))


def test_scale_is_not_learnt():
    """Oracle: the theta of a network whose localisation network answers at random."""
    windows = AttentionWindows(tiny, (48, 64), 4, (24, 32))
    theta = windows.family.theta(torch.randn(5, 8))
    assert torch.equal(theta[..., :2], torch.diag(torch.tensor([0.5, 0.5])).expand(5, 4, 2, 2))


def test_which_window_holds_which_part():
    """Oracle: by hand: two windows of half the sides, at the left and at the right; a border counts; NaN does not."""
    theta = AttentionWindows(tiny, (48, 64), 2, (24, 32)).family.theta(torch.tensor([[-0.5, 0.0, 0.5, 0.25]]))
    parts = torch.tensor([[[-0.9, 0.1], [0.0, 0.5], [0.5, 0.7], [0.5, -0.3], [math.nan, math.nan]]])
    expected = [[[True, True, False, False, False], [False, True, True, False, False]]]
    assert parts_in_windows(theta, parts).tolist() == expected


@pytest.mark.parametrize("windows", [0, 2, 4])
def test_it_learns_a_few_birds_by_heart(windows, tmp_path, monkeypatch):
    """Oracle: the labels of an archive that the test makes; the start of the localisation network."""
    patch(monkeypatch, make_archive(tmp_path))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path)
    batch = cub_batch(load_cub("train", folder=tmp_path), torch.arange(4), 48)
    torch.manual_seed(0)
    network = CUBNetwork(windows, (48, 48), (24, 24), tiny, classes=3, hidden=8, dropout=0.0)
    first = [[weight.clone() for weight in st.localization.parameters()] for st in network.transformers]
    config = FitConfig(steps=30, batch_size=4, lr=2e-2, localization_lr_factor=0.1, weight_decay=0.0)
    fit(network, lambda generator: batch, lambda n, x, y: F.cross_entropy(n(x), y), config, progress=False)
    assert network(batch[0]).argmax(1).tolist() == batch[1].tolist() == [0, 1, 1, 2]
    for transformer, before in zip(network.transformers, first, strict=True):
        assert not any(torch.equal(*pair) for pair in zip(before, transformer.localization.parameters(), strict=True))


def test_wrong_requests_are_refused():
    with pytest.raises(ValueError, match=r"expected windows in \[0, 2, 4\], got 3"):
        CUBNetwork(3)
    with pytest.raises(ValueError, match=r"expected windows in \[2, 4\], got 1"):
        AttentionWindows(tiny, (48, 64), 1, (24, 32))
    with pytest.raises(ValueError, match=r"feature maps \(N, C, H, W\), got \(1, 8\): leave out its last pooling"):
        CUBNetwork(0, backbone=lambda: nn.Sequential(tiny(), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    with pytest.raises(ValueError, match=r"expected images of shape \(N, 3, 48, 64\)"):
        CUBNetwork(2, **SMALL)(torch.zeros(1, 1, 48, 64))


# ---- torchvision, which is not installed here


class Pretrained(nn.Module):
    """A network of torchvision's form: features, a pooling, a classifier."""

    def __init__(self, weights, pooling=True, transform_input=False):
        super().__init__()
        self.weights, self.transform_input = weights, transform_input
        self.conv, self.AuxLogits, self.norm = nn.Conv2d(3, 5, 3, stride=4), nn.Linear(5, 1000), nn.BatchNorm2d(5)
        self.avgpool = nn.AdaptiveAvgPool2d(1) if pooling else nn.Identity()
        self.fc = nn.Linear(5, 1000)


@pytest.fixture
def torchvision(monkeypatch):
    """A stand-in that knows three networks."""
    made = []
    known = {"resnet50": {}, "googlenet": {"transform_input": True}, "densenet121": {"pooling": False}}

    def get_model(name, weights):
        made.append(Pretrained(weights, **known[name]))
        return made[-1]

    module, models = types.ModuleType("torchvision"), types.ModuleType("torchvision.models")
    module.models, models.get_model, models.list_models = models, get_model, lambda module: sorted(known)
    monkeypatch.setitem(sys.modules, "torchvision", module)
    return made


def test_a_backbone_of_torchvision_is_what_is_in_front_of_its_pooling(torchvision):
    """Oracle: the stand-in's own layers, called by hand; its default weights."""
    network = CUBNetwork(2, **{**SMALL, "backbone": lambda: torchvision_backbone("resnet50")}).eval()
    assert len(torchvision) == 3 and all(made.weights == "DEFAULT" for made in torchvision)
    images = torch.rand(2, 3, 24, 32)
    with torch.no_grad():
        torch.testing.assert_close(network[1][0][0](images), torchvision[0].norm.eval()(torchvision[0].conv(images)))
        assert network(torch.rand(2, 3, 48, 64)).shape == (2, 3)


def test_googlenet_sees_the_pixels_that_it_expects(torchvision):
    """Oracle: grey levels of 0 and 1, which it takes for -1 and 1, in the scale of `cub_batch`."""
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    grey = ((torch.tensor([0.0, 0.5, 1.0])[:, None] - mean) / deviation)[:, :, None, None]
    found = torchvision_backbone("googlenet")[0](grey)
    torch.testing.assert_close(found[..., 0, 0], torch.tensor([[-1.0], [0.0], [1.0]]).expand(3, 3), rtol=0, atol=1e-6)


def test_other_networks_of_torchvision_are_refused(torchvision, monkeypatch):
    with pytest.raises(ValueError, match="expected a classifier of torchvision such as 'resnet50', got 'resnet51'"):
        torchvision_backbone("resnet51")
    with pytest.raises(
        ValueError, match="an average pooling behind its features, such as 'resnet50', got 'densenet121'"
    ):
        torchvision_backbone("densenet121")
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(
        ModuleNotFoundError, match=r"torchvision, built for torch .*: run pip install .*\"stn_lib\[cub\]\""
    ):
        torchvision_backbone("resnet50")
