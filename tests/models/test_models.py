"""The networks: equal size, exact export, and committed weights that keep what they promise."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from stn_lib import models
from stn_lib.metrics import error_interval
from stn_lib.training import TrainConfig, evaluate

NAMES = ("digits-rts-cnn", "digits-rts-st-cnn")
ON_MNIST = ("mnist-rts-cnn", "mnist-rts-st-cnn")


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
    return model.eval()


class Interpreter:
    """Runs an exported layout with the smallest words of numpy and torch; knows nothing of stn_lib."""

    def __init__(self, layout, buffer):
        self.layout, self.numbers = layout, np.frombuffer(buffer, dtype="<f2").astype(np.float32)

    def tensor(self, spec):
        length = int(np.prod(spec["shape"]))
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
        columns = F.unfold(x, weight.shape[2:], padding=op["padding"], stride=op["stride"])
        out = torch.einsum("ok,nkl->nol", weight.flatten(1), columns) + bias[:, None]
        return out.view(len(x), -1, *x.shape[2:])  # every convolution here keeps the size

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


@pytest.mark.parametrize("name", ["cnn", "st-cnn"])
def test_export_says_everything(name, tmp_path):
    """Oracle: an interpreter of its own, against the network that holds the same rounded weights."""
    path = models.save_weights(trained_a_little(name), tmp_path / "net.safetensors", seed=3)
    model = models.load_pretrained(path)
    images = torch.rand(6, 1, 42, 42, generator=torch.Generator().manual_seed(6))
    torch.testing.assert_close(Interpreter(*models.to_operations(model))(images), model(images), rtol=1e-5, atol=5e-5)


def test_equal_size():
    """Oracle: every number counted from the layouts' shapes (batch norms folded away on both sides)."""

    def numbers(ops):
        own = sum(int(np.prod(op[k]["shape"])) for op in ops for k in ("weight", "bias") if k in op)
        return own + sum(numbers(op.get("localization", [])) for op in ops)

    built = [models.build(name) for name in ("cnn", "st-cnn")]
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


@pytest.mark.parametrize("name", NAMES)
def test_committed_weights_make_the_recorded_errors(name):
    """Oracle: the file's own record; another processor may decide a picture or two otherwise."""
    about, model = models.pretrained_info(name), models.load_pretrained(name)
    assert about["command"].startswith("python -m stn_lib train --model ")
    config = TrainConfig(**about["config"])
    found = evaluate(model, config.recipe, copies=config.copies)
    assert found.n == about["n"] and abs(found.wrong - about["wrong"]) <= 2


@pytest.mark.parametrize("name", ON_MNIST)
def test_weights_from_mnist_read_other_digits(name):
    """Oracle: the embedded digits, which they have not seen: chance is 90 % wrong. Their error on MNIST, which not
    everybody has, is the file's own record; here it need only fit its counts."""
    about = models.pretrained_info(name)
    low, high = error_interval(about["wrong"], about["n"])
    assert (
        about["command"].startswith("python -m stn_lib train --dataset mnist --distortion RTS --model ")
        and about["n"] == 10_000
    )
    assert about["interval_percent"] == pytest.approx([low, high], abs=0.006)
    assert about["error_percent"] < 3 and evaluate(models.load_pretrained(name), "RTS").error < 20


@pytest.mark.parametrize("name", NAMES + ON_MNIST)
def test_committed_weights_are_small_and_exact(name):
    """Oracle: half precision numbers, counted; the interpreter of this file."""
    model = models.load_pretrained(name)
    assert models.count_parameters(model) < 40_000
    assert all(torch.equal(p, p.half().float()) for p in model.parameters())
    images = torch.rand(6, 1, 42, 42, generator=torch.Generator().manual_seed(6))
    torch.testing.assert_close(Interpreter(*models.to_operations(model))(images), model(images), rtol=1e-5, atol=5e-5)


def test_wrong_requests_are_refused(tmp_path):
    """Oracle: the message names expected, got and remedy."""
    with pytest.raises(ValueError, match=r"expected model in \['cnn', 'pooling-cnn', 'st-cnn', 'table1'\], got 'vit'"):
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
    with pytest.raises(ValueError, match="expected a picture of at least 8 pixels a side"):
        models.CNN(in_size=(7, 40))


def test_pooling_networks_have_the_same_weights_and_aps_ignores_circular_shifts():
    """Oracle: the picture that was not moved; and max pooling, for which the same test finds a difference."""
    nets = {
        pool: models.build("pooling-cnn", torch.Generator().manual_seed(1), pool=pool).eval() for pool in models.POOLS
    }
    state = nets["max"].state_dict()
    images = torch.rand(4, 1, 40, 40, generator=torch.Generator().manual_seed(2))
    spread = {}
    for pool, net in nets.items():
        assert net.state_dict().keys() == state.keys()
        assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
        with torch.no_grad():
            moved = torch.stack([net(images.roll((dy, dx), (2, 3))) for dy in (0, 1, 5) for dx in (0, 2, 7)])
        spread[pool] = (moved - moved[0]).abs().max().item()
    assert spread["aps"] < 1e-6 < 1e-4 < spread["max"]
    assert spread["Bin-5"] < spread["max"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"pool": "mean"}, "expected pool to be one of"), ({"in_size": (7, 40)}, "at least 8 pixels")],
)
def test_wrong_pooling_networks_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        models.build("pooling-cnn", **arguments)


def test_a_background_is_not_exported_silently():
    """The page's own sampler reads 0 outside: a transformer with paper of another value would look different there."""
    net = models.build("st-cnn")
    net.transformer.background = -0.5
    with pytest.raises(ValueError, match="a background of 0, got .*background=-0.5"):
        models.to_operations(net.eval())
