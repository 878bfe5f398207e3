"""Building networks by name: equal size, and first weights that a generator decides."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from stn_lib import models
from stn_lib.grid import affine_grid
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer, Transform


@pytest.mark.parametrize("own", [{"cnn": {}, "st-cnn": {}}, models.COVER], ids=["chapter 7", "cover"])
def test_equal_size(own):
    """Oracle: every number counted from the layouts' shapes (batch norms folded away on both sides)."""

    def numbers(ops):
        own = sum(int(np.prod(op[k]["shape"])) for op in ops for k in ("weight", "bias") if k in op)
        return own + sum(numbers(op.get("localization", [])) for op in ops)

    built = [models.build(name, **own[name]) for name in ("cnn", "st-cnn")]
    cnn, st_cnn = (numbers(models.to_operations(model)[0]["ops"]) for model in built)
    assert abs(cnn - st_cnn) / st_cnn < 0.03
    assert abs(models.count_parameters(built[0]) - models.count_parameters(built[1])) / st_cnn < 0.03


def test_first_weights_come_from_the_generator_alone():
    """Oracle: torch's global random state, before and after."""
    before = torch.get_rng_state()
    first, again, other = (models.build("st-cnn", torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.classifier[0].weight, other.classifier[0].weight)


def test_wrong_requests_are_refused(tmp_path):
    """Oracle: the message names expected, got and remedy."""
    with pytest.raises(
        ValueError,
        match=r"expected model in \['bird-cnn', 'bird-st-cnn', 'cnn', 'number-cnn', 'number-st-cnn', 'pooling-cnn', 'st-cnn', 'table1'\], got 'vit'",
    ):
        models.build("vit")
    with pytest.raises(FileNotFoundError, match="digits-rts-cnn"):
        models.load_pretrained("digits")
    (tmp_path / "torn.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    with pytest.raises(ValueError, match="damaged one"):
        models.load_pretrained(tmp_path / "torn.safetensors")
    with pytest.raises(ValueError, match="expected a layer that can be exported"):
        model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Tanh())
        model.in_size = (3, 3)
        models.to_operations(model)
    with pytest.raises(ValueError, match="before the batch norm"):
        models.fold_batch_norm(nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)))
    with pytest.raises(ValueError, match="expected an image of at least 8 pixels a side"):
        models.CNN(in_size=(7, 40))


def translation(parameters):
    """A family of two numbers: where the crop is."""
    theta = torch.eye(2, 3).to(parameters).repeat(len(parameters), 1, 1)
    return torch.cat([theta[:, :, :2], parameters[:, :, None]], 2)


@pytest.mark.parametrize(
    "build",
    [
        lambda: models.STCNN(transform="translation"),
        lambda: models.build("st-cnn", transform="translation"),
        lambda: models.Table1Network("cnn", "translation", (42, 42)),
        lambda: models.Table1Network("fcn", "translation", (42, 42)),
    ],
    ids=["STCNN", "build", "Table 1's CNN", "Table 1's FCN"],
)
def test_an_entry_in_transforms_is_enough_for_every_network(monkeypatch, build):
    """Oracle: a crop of the image by whole pixels, and a gradient that reaches the two parameters."""
    monkeypatch.setitem(TRANSFORMS, "translation", Transform((0, 0), translation, affine_grid))
    model = build().eval()
    transformer = model.transformer
    assert isinstance(transformer, SpatialTransformer) and transformer.family.identity == (0, 0)
    with torch.no_grad():
        transformer.localization[-1].bias.copy_(torch.tensor([4 / 21, -10 / 21]))  # right by 4 pixels, up by 10
    images = torch.rand(3, 1, 42, 42, generator=torch.Generator().manual_seed(0))
    whole = transformer.sample(images, transformer.theta(images))
    resized = F.interpolate(F.pad(images, (0, 4, 10, 0))[:, :, :42, 4:], size=(28, 28), mode="bilinear")
    torch.testing.assert_close(whole[:, :, 8:, :24], resized[:, :, 8:, :24], rtol=0, atol=1e-5)
    model(images).square().sum().backward()
    assert transformer.localization[-1].bias.grad.abs().min() > 0


def test_an_unknown_transform_is_refused():
    """Oracle: the message names the known ones and the nearest one."""
    for build in (models.STCNN, models.Table1Network):
        with pytest.raises(
            ValueError, match=r"expected transform in \['affine', .*, got 'projektive': did you mean 'proj"
        ):
            build(transform="projektive")
