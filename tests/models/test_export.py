"""The exported operations, run by an interpreter of the tests' own."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn
from torch.nn import functional as F

from stn_lib import models
from stn_lib.data import bird_batch, bird_set, house_held_out, load_digits_split
from stn_lib.grid import affine_grid
from stn_lib.models.weights import WEIGHTS
from stn_lib.spatial_transformer import TRANSFORMS, Transform


def trained_a_little(name):
    """A network whose batch norms and last localisation layer are not in their first state."""
    generator = torch.Generator().manual_seed(3)
    model = models.build(name, generator)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            nn.init.uniform_(module.weight, 0.5, 2, generator=generator)
            nn.init.uniform_(module.bias, -1, 1, generator=generator)
    if name == "st-cnn":
        nn.init.normal_(model.transformer.localization[-1].weight, std=0.1, generator=generator)
    if name == "bird-st-cnn":
        nn.init.normal_(model.transformer.localization[-2].weight, std=0.1, generator=generator)
    return model.eval()


class Interpreter:
    """Runs an exported layout with the smallest words of numpy and torch; knows nothing of stn_lib."""

    def __init__(self, layout, buffer):
        halves = layout.get("bytes", len(buffer))
        self.layout, self.numbers = layout, np.frombuffer(buffer[:halves], dtype="<f2").astype(np.float32)
        self.whole = np.frombuffer(buffer[halves:], dtype=np.int8).astype(np.float32)

    def tensor(self, spec):
        length = int(np.prod(spec["shape"]))
        if "steps" in spec:
            whole = self.whole[spec["offset"] : spec["offset"] + length].reshape(spec["shape"])
            return (
                torch.tensor(whole.T * self.tensor(spec["steps"]).numpy()).mT
                if whole.ndim == 2
                else torch.einsum("oikl,o->oikl", torch.tensor(whole), self.tensor(spec["steps"]))
            )
        return torch.tensor(self.numbers[spec["offset"] : spec["offset"] + length]).view(spec["shape"])

    def run(self, ops, x):
        for op in ops:
            x = getattr(self, op["op"])(op, x)
        return x

    def __call__(self, x):
        assert list(x.shape[1:]) == self.layout["input"]
        return self.run(self.layout["ops"], x)

    def conv2d(self, op, x):
        weight, bias = self.tensor(op["weight"]), self.tensor(op["bias"])
        wide = np.pad(x.numpy(), [(0, 0)] * 2 + [(op["padding"],) * 2] * 2, "edge" if op.get("repeat") else "constant")
        columns = F.unfold(torch.tensor(wide), weight.shape[2:], stride=op["stride"])
        out = torch.einsum("ok,nkl->nol", weight.flatten(1), columns) + bias[:, None]
        return out.view(len(x), -1, *x.shape[2:])  # every convolution here keeps the size

    def blur2d(self, op, x):
        taps, stride = np.asarray(op["taps"]), op["stride"]
        for axis in (2, 3):
            x = ndimage.correlate1d(np.asarray(x, dtype=float), taps, axis=axis, mode="mirror")
        return torch.tensor(x[:, :, ::stride, ::stride]).float()

    def mean2d(self, op, x):
        return x.mean((2, 3))

    def centre_mean(self, op, x):
        y, x_ = (torch.linspace(1 / side - 1, 1 - 1 / side, side) for side in x.shape[2:])
        weights = torch.exp(-(y[:, None] ** 2 + x_**2) / 2 / op["focus"] ** 2)
        return (x * weights).sum((2, 3)) / weights.sum()

    def windows(self, op, x):
        height, width = op["size"]
        maps = self.run(op["localization"], x).view(len(x), -1, height, width)
        y, x_ = (torch.linspace(1 / side - 1, 1 - 1 / side, side) for side in op["size"])
        seen = []
        for k, (across, down) in enumerate(op["slopes"]):
            scores = (maps[:, k] + across * x_ + down * y[:, None]).flatten(1)
            theta = self.mean_place({"size": op["size"], "sides": [op["side"]] * 2}, scores).view(-1, 2, 3)
            grid = F.affine_grid(theta, (len(x), x.shape[1], *op["out_size"]), op["align_corners"])
            seen.append(F.grid_sample(x, grid, padding_mode=op["padding_mode"], align_corners=op["align_corners"]))
        return torch.stack(seen, 1)

    def parts(self, op, x):
        return torch.cat([self.run(part, x[:, k]) for k, part in enumerate(op["parts"])], 1)

    def linear(self, op, x):
        return torch.einsum("nk,ok->no", x, self.tensor(op["weight"])) + self.tensor(op["bias"])

    def blocks(self, op, x):
        size = op["size"]
        assert not op.get("ceil", False)
        return x.unfold(2, size, size).unfold(3, size, size)

    def maxpool2d(self, op, x):
        return self.blocks(op, x).amax((-2, -1))

    def avgpool2d(self, op, x):
        return self.blocks(op, x).mean((-2, -1))

    def scale(self, op, x):
        weight, bias = (self.tensor(op[key]).view(1, -1, 1, 1) for key in ("weight", "bias"))
        return x * weight + bias

    def unflatten(self, op, x):
        return x.reshape(len(x), *op["shape"])

    def mean_place(self, op, x):
        height, width = op["size"]
        share = x.softmax(1).reshape(len(x), height, width)
        x = (share.sum(1) * torch.linspace(1 / width - 1, 1 - 1 / width, width)).sum(1)
        y = (share.sum(2) * torch.linspace(1 / height - 1, 1 - 1 / height, height)).sum(1)
        zero = torch.zeros_like(x)
        return torch.stack([zero + op["sides"][0], zero, x, zero, zero + op["sides"][1], y], 1)

    def relu(self, op, x):
        return x.clamp(min=0)

    def flatten(self, op, x):
        return x.reshape(len(x), -1)

    def affine_transformer(self, op, x):
        theta = self.run(op["localization"], x).view(-1, 2, 3)
        grid = F.affine_grid(theta, (len(x), x.shape[1], *op["out_size"]), op["align_corners"])
        return F.grid_sample(x, grid, padding_mode=op["padding_mode"], align_corners=op["align_corners"])


@pytest.mark.parametrize("name", ["cnn", "st-cnn"])
def test_folding_changes_no_answer(name):
    """Oracle: the network with its batch norms, in evaluation mode."""
    model = trained_a_little(name)
    folded = models.fold_batch_norm(model)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    images = torch.rand(6, 1, 42, 42, generator=torch.Generator().manual_seed(6))
    torch.testing.assert_close(folded(images), model(images), rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("name", ["cnn", "st-cnn", "bird-cnn", "bird-st-cnn"])
@torch.no_grad()
def test_export_says_everything(name, tmp_path):
    """Oracle: an interpreter of its own, against the network that holds the same rounded weights."""
    path = models.save_weights(trained_a_little(name), tmp_path / "net.safetensors", seed=3)
    model = models.load_pretrained(path)
    images = torch.rand(6, model.in_channels, *model.in_size, generator=torch.Generator().manual_seed(6))
    # Where a batch norm cannot be folded into the file, the export rounds its gain once more.
    near = 0.02 if name == "bird-st-cnn" else 5e-5
    torch.testing.assert_close(Interpreter(*models.to_operations(model))(images), model(images), rtol=1e-5, atol=near)


@pytest.mark.parametrize("name", sorted(path.stem for path in WEIGHTS.glob("*")))
def test_committed_weights_are_small_and_exported_exactly(name):
    """Oracle: half precision numbers, counted; the interpreter of this file."""
    model = models.load_pretrained(name)
    assert models.count_parameters(model) < 55_000
    assert all(torch.equal(p, p.half().float()) for p in model.parameters())
    # Those with a batch norm behind a pooling keep all of them in the file; the export folds some and rounds once more.
    numbers, rounded = name.startswith("house-numbers"), name.startswith(("house-numbers", "birds-st"))
    digits = torch.rand(6, model.in_channels, *model.in_size, generator=torch.Generator().manual_seed(6))
    images = house_held_out(load_digits_split(), 6).images if numbers else digits
    found = Interpreter(*models.to_operations(model))(images)
    torch.testing.assert_close(found, model(images), rtol=1e-5, atol=0.02 if rounded else 5e-5)


@pytest.mark.parametrize("name", ["house-numbers-cnn", "house-numbers-st-cnn", "birds-cnn", "birds-st-cnn"])
@torch.no_grad()
def test_weights_of_8_bits_are_exported_exactly(name):
    """Oracle: an interpreter of its own, against the network with rounded weights; each weight takes a byte."""
    model = models.load_pretrained(name)
    birds = name.startswith("birds")
    images = (
        bird_batch(bird_set("test", 3), torch.arange(3)).images
        if birds
        else house_held_out(load_digits_split(), 3).images
    )
    layout, buffer = models.to_operations(model, bits=8)
    expected = models.round_weights(model, bits=8)(images)
    torch.testing.assert_close(Interpreter(layout, buffer)(images), expected, rtol=1e-4, atol=3e-4)
    assert len(buffer) < 1.05 * models.count_parameters(model)
    assert not torch.equal(expected, model(images))
    with pytest.raises(ValueError, match="expected weights of 8 or 16 bits, got 4"):
        models.to_operations(model, bits=4)


def test_8_bits_round_each_output_channel_by_its_own_step():
    """Oracle: by hand. 127 steps reach the largest weight of a channel; a channel of zeros stays zero."""
    layer = nn.Conv2d(1, 3, (1, 3))
    layer.weight.data.copy_(torch.tensor([[1.27, -0.504, 0.016], [127, 1.4, -1.6], [0, 0, 0]]).view(3, 1, 1, 3))
    rounded = models.round_weights(nn.Sequential(layer))[0].weight[:, 0, 0]
    hundredth = torch.tensor(0.01).half().float()
    torch.testing.assert_close(rounded[0], hundredth * torch.tensor([127.0, -50, 2]))
    assert rounded[1:].tolist() == [[127, 1, -2], [0, 0, 0]]


def test_a_window_that_scores_no_places_is_not_exported():
    """Oracle: the message."""
    with pytest.raises(ValueError, match="got one with pooled=True"):
        models.to_operations(models.NumberSTCNN(pooled=True).eval())


def test_windows_that_learn_their_scale_are_not_exported():
    """Oracle: the message."""
    with pytest.raises(ValueError, match="got learns=\\('scale',\\)"):
        models.to_operations(models.BirdSTCNN(learns=("scale",)).eval())


def test_a_background_is_not_exported_silently():
    """Oracle: the message. The page's sampler returns 0 outside the image: another background would look different."""
    net = models.build("st-cnn")
    net.transformer.background = -0.5
    with pytest.raises(ValueError, match="a background of 0, got .*background=-0.5"):
        models.to_operations(net.eval())


def test_attention_is_exported_as_an_affine_transformer():
    """Oracle: an interpreter of its own, against the network; attention's three numbers become six."""
    generator = torch.Generator().manual_seed(4)
    model = models.build("st-cnn", generator, transform="attention")
    last = model.transformer.localization[-1]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
        last.weight.copy_((0.1 * torch.randn(last.weight.shape, generator=generator)).half())
        last.bias.copy_(torch.tensor([0.75, 0.25, -0.125]))
    model = models.fold_batch_norm(model)
    for parameter in model.parameters():
        parameter.data = parameter.half().float()
    images = torch.rand(6, 1, 42, 42, generator=generator)
    layout, weights = models.to_operations(model)
    assert (
        layout["ops"][0]["op"] == "affine_transformer"
        and layout["ops"][0]["localization"][-1]["weight"]["shape"][0] == 6
    )
    torch.testing.assert_close(Interpreter(layout, weights)(images), model(images), rtol=1e-4, atol=1e-4)


def quarter_turned(parameters):
    """A family of two: a rotation by 90 degrees that is translated by the parameters. Linear, with a constant."""
    theta = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]).to(parameters).repeat(len(parameters), 1, 1)
    return torch.cat([theta[:, :, :2], parameters[:, :, None]], 2)


def bounded(parameters):
    """The same, with a bounded translation: not linear."""
    return quarter_turned(torch.tanh(parameters))


def test_a_family_of_your_own_is_exported_if_its_theta_is_linear(monkeypatch):
    """Oracle: an interpreter of its own, against the network; for a bounded family the message."""
    monkeypatch.setitem(TRANSFORMS, "quarter", Transform((0, 0), quarter_turned, affine_grid))
    monkeypatch.setitem(TRANSFORMS, "bounded", Transform((0, 0), bounded, affine_grid))
    images = torch.rand(6, 1, 42, 42, generator=torch.Generator().manual_seed(6))
    model = models.build("st-cnn", transform="quarter").eval()
    with torch.no_grad():
        model.transformer.localization[-1].bias.copy_(torch.tensor([0.25, -0.5]))
    got = Interpreter(*models.to_operations(model))(images)
    torch.testing.assert_close(got, model(images), rtol=1e-2, atol=1e-2)  # the weights are rounded to half precision
    with torch.no_grad():
        model.transformer.localization[-1].bias.zero_()
    assert not torch.allclose(got, model(images), rtol=1e-2, atol=1e-2), "the translation has no effect on the logits"
    for family in ("bounded", "projective", "tps"):
        with pytest.raises(ValueError, match=f"linear in its parameters, got transform='{family}'.*affine.*attention"):
            models.to_operations(models.build("st-cnn", transform=family).eval())
