"""The paper's networks for SVHN: their layers, counted by hand, and what they do."""

import pooch
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from stn_lib.data import load_svhn, svhn, svhn_batch
from stn_lib.models import SVHNNetwork
from stn_lib.models.svhn import wrong_places
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import fit
from tests.svhn_archive import make_archive

SMALL = {"in_size": (32, 48), "widths": (4, 5, 6, 7, 8, 8, 8, 8), "hidden": 24, "localization": 8}


def conv(inputs, outputs):
    return (25 * inputs + 1) * outputs


def linear(inputs, outputs):
    return (inputs + 1) * outputs


#: Worked by hand from the paper's list of layers, for 64 pixels: 64, 32, 32, 16, 16, 8, 8, 4, 4 pixels a side.
CNN = (
    conv(3, 48) + conv(48, 64) + conv(64, 128) + conv(128, 160) + conv(160, 192) + 3 * conv(192, 192)
    + linear(192 * 4 * 4, 3072) + linear(3072, 3072) + 5 * linear(3072, 11)
)  # fmt: skip
SINGLE = conv(3, 32) + conv(32, 32) + linear(32 * 32 * 32, 32) + linear(32, 6)
MULTI = sum(
    linear(channels * side * side, 32) + linear(32, 32) + linear(32, 6)
    for channels, side in ((3, 64), (48, 32), (64, 32), (128, 16))
)


@pytest.mark.parametrize(
    ("transformers", "expected"), [("none", CNN), ("single", CNN + SINGLE), ("multi", CNN + MULTI)]
)
def test_parameters_are_those_of_the_paper_s_layers(transformers, expected):
    """Oracle: the sum above; on the meta device, because 28 million numbers need not be drawn."""
    with torch.device("meta"):
        network = SVHNNetwork(transformers)
    assert sum(parameter.numel() for parameter in network.parameters()) == expected
    assert CNN == 23_380_695


def test_eleven_layers_of_weights_and_dropout_behind_all_but_the_first_and_the_last():
    """Oracle: the paper's list."""
    network = SVHNNetwork("multi", **SMALL)
    trunk = [type(layer) for layer in network if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert trunk == [nn.Conv2d] * 8 + [nn.Linear] * 3
    kinds = "".join(
        {nn.Conv2d: "c", nn.MaxPool2d: "p", nn.Dropout: "d", nn.Linear: "f"}.get(type(x), "") for x in network
    )
    assert kinds == "cp" + "cd" + "cpd" + "cd" + "cpd" + "cd" + "cpd" + "cd" + "fd" + "fd" + "f"
    assert not any(isinstance(layer, nn.Dropout) for st in network.transformers for layer in st.modules())
    assert [isinstance(network[k], nn.Conv2d) for k, x in enumerate(network, 1) if x in network.transformers] == [
        True
    ] * 4


@pytest.mark.parametrize("transformers", ["single", "multi"])
def test_a_new_network_is_the_plain_one(transformers):
    """Oracle: the plain network with the same weights: transformers start at the identity. Images are not square."""
    network, plain = SVHNNetwork(transformers, **SMALL).eval(), SVHNNetwork("none", **SMALL).eval()
    trunk = [layer for layer in network if layer not in network.transformers]
    plain.load_state_dict(nn.Sequential(*trunk).state_dict())
    images = torch.rand(3, 3, 32, 48)
    with torch.no_grad():
        logits = network(images)
        torch.testing.assert_close(logits, plain(images), rtol=1e-4, atol=1e-4)
    assert logits.shape == (3, 5, 11)


def test_a_transformer_moves_what_its_convolution_gets():
    """Oracle: the feature map, rolled by hand: the second transformer is moved by two pixels to the right."""
    network = SVHNNetwork("multi", **SMALL).eval()
    second = network.transformers[1]
    with torch.no_grad():
        second.localization[-1].bias[2] = 2 * 2 / 24  # of 24 pixels; normalised, the image is 2 wide
        features = torch.rand(2, 4, 16, 24)
        moved = second(features)
    torch.testing.assert_close(moved[..., :-2], features[..., 2:], rtol=0, atol=1e-5)
    torch.testing.assert_close(moved[..., -2:], torch.zeros(2, 4, 16, 2), rtol=0, atol=1e-5)


def test_activations_keep_their_size_through_the_layers():
    """Oracle: with He's weights the mean square behind each ReLU is that of its input's, within a factor of three."""
    network = SVHNNetwork("none", (32, 32), widths=(32,) * 8, hidden=256).eval()
    squares = []
    for layer in network:
        if isinstance(layer, nn.Linear | nn.Conv2d):
            layer.register_forward_hook(lambda layer, given, output: squares.append(output.square().mean().item()))
    with torch.no_grad():
        network(torch.randn(4, 3, 32, 32))
    assert len(squares) == 11 and min(squares) > 0.1 and max(squares) < 30


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path)
    monkeypatch.setattr(svhn, "PARTS", {"train": make_archive(tmp_path, "train", [7, 210, 80])})
    return tmp_path


@pytest.mark.parametrize("transformers", ["single", "multi"])
def test_it_learns_a_few_numbers_by_heart(transformers, archive):
    """Oracle: the numbers of an archive that the test makes; the start. Without dropout, which is there to prevent this."""
    network = SVHNNetwork(transformers, (16, 16), widths=(16,) * 8, hidden=256, dropout=0.0)
    first = [[weight.clone() for weight in transformer.parameters()] for transformer in network.transformers]
    images, labels = svhn_batch([load_svhn("train", folder=archive)], torch.arange(3))
    batch = F.avg_pool2d(images, 4), labels
    config = FitConfig(steps=100, lr=3e-3, localization_lr_factor=0.1, weight_decay=0.0)
    fit(network, lambda generator: batch, loss, config, progress=False)
    assert not wrong_places(network(batch[0]), batch[1]).any()
    for transformer, before in zip(network.transformers, first, strict=True):
        assert not any(torch.equal(old, new) for old, new in zip(before, transformer.parameters(), strict=True))


def loss(network, images, labels):
    return F.cross_entropy(network(images).flatten(0, 1), labels.flatten())


def test_wrong_requests_are_refused():
    with pytest.raises(ValueError, match="expected transformers to be one of 'none', 'single', 'multi', got 'double'"):
        SVHNNetwork("double")
    with pytest.raises(ValueError, match=r"at least 16 pixels a side, got \(64, 15\)"):
        SVHNNetwork(in_size=(64, 15))
    with pytest.raises(ValueError, match=r"expected images of shape \(N, 3, 32, 48\)"):
        SVHNNetwork("none", **SMALL)(torch.zeros(1, 1, 32, 48))
