"""What users do with a trained transformer: export it, compile it whole, map it over a batch, trace it."""

import logging
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from stn_lib import models
from stn_lib.grid import affine_grid
from stn_lib.localization import ConvLocalization
from stn_lib.sampling import MODES, PADDINGS, grid_sample, linearized_sample
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer

MODULES = [*TRANSFORMS, "tps with samples", "digits-rts-st-cnn"]
DYNAMIC = ({0: torch.export.Dim("batch")},)
every_module = pytest.mark.parametrize("name", MODULES)
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning", "ignore:There is a performance drop:UserWarning"
)


def make(name):
    """A transformer whose theta depends on the image, or a committed network; and images of two batch sizes."""
    family, _, samples = name.partition(" with ")
    if family in TRANSFORMS:
        torch.manual_seed(0)
        localization = ConvLocalization((20, 30), out_features=len(TRANSFORMS[family].identity))
        module, size = SpatialTransformer(localization, (14, 17), family, samples=2 if samples else 1), (20, 30)
        nn.init.normal_(localization[-1].weight, std=0.05)
    else:
        module, size = models.load_pretrained(name), (42, 42)
    return module.eval().requires_grad_(False), torch.rand(2, 1, *size), torch.rand(5, 1, *size)


@every_module
def test_an_exported_module_takes_any_batch_in_torch_and_in_onnx(name, tmp_path):
    """Oracle: the module itself, on another number of images; onnxruntime computes what ONNX says."""
    onnxruntime = pytest.importorskip("onnxruntime")
    module, two, five = make(name)
    program = torch.export.export(module, (two,), dynamic_shapes=DYNAMIC)
    expected = module(five)
    torch.testing.assert_close(program.module()(five), expected)
    if name == "attention":
        return  # to ONNX the same as affine
    logging.getLogger("onnxscript").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(program, f=tmp_path / "module.onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "module.onnx")
    (answer,) = session.run(None, {session.get_inputs()[0].name: five.numpy()})
    torch.testing.assert_close(torch.from_numpy(answer), expected, atol=2e-5, rtol=1e-4)


@every_module
def test_it_compiles_into_one_graph(name):
    """Oracle: the module itself; fullgraph refuses what needs a value."""
    module, two, five = make(name)
    torch.compiler.reset()
    compiled = torch.compile(module, backend="eager", fullgraph=True, dynamic=True)
    torch.testing.assert_close(compiled(two), module(two))
    torch.testing.assert_close(compiled(five), module(five))


@every_module
def test_it_is_mapped_over_a_batch(name):
    """Oracle: the module on the whole batch."""
    module, _, five = make(name)
    torch.testing.assert_close(torch.func.vmap(lambda image: module(image[None])[0])(five), module(five))


@every_module
def test_traced_on_two_images_it_takes_five(name):
    """Oracle: the module itself."""
    module, two, five = make(name)
    torch.testing.assert_close(torch.jit.trace(module, (two,), check_trace=False)(five), module(five))


@pytest.mark.parametrize(("mode", "padding"), zip(MODES, PADDINGS, strict=True))
def test_the_sampler_from_scratch_does_all_of_it_too(mode, padding):
    """Oracle: torch's own pair of functions."""

    def ours(images, theta):
        return grid_sample(images, affine_grid(theta, (*images.shape[:2], 6, 7)), mode, padding)

    images, theta = torch.rand(3, 2, 9, 8), torch.eye(2, 3) + 0.2 * torch.randn(3, 2, 3)
    expected = F.grid_sample(images, F.affine_grid(theta, (3, 2, 6, 7), False), mode, padding, align_corners=False)

    class Module(nn.Module):
        def forward(self, images, theta):
            return ours(images, theta)

    torch.compiler.reset()
    one_graph = torch.compile(ours, backend="eager", fullgraph=True)
    mapped = torch.func.vmap(lambda image, theta: ours(image[None], theta[None])[0])
    ways = [torch.export.export(Module(), (images, theta)).module(), one_graph, mapped]
    for way in ways:
        torch.testing.assert_close(way(images, theta), expected, atol=1e-5, rtol=1e-5)


@every_module
def test_in_eager_mode_nan_is_still_refused(name):
    """Oracle: the message."""
    module, two, _ = make(name)
    with pytest.raises(ValueError, match="NaN or infinity"):
        module(two / 0 * 0)


def test_an_exported_linearized_sampler_takes_any_batch():
    """Oracle: torch's own sampler, whose values the linearized one has."""

    class Sampler(nn.Module):
        def forward(self, images, grid):
            return linearized_sample(images, grid, samples=4)

    images, grid = torch.rand(5, 2, 9, 8), 2 * torch.rand(5, 6, 7, 2) - 1
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(Sampler(), (images[:2], grid[:2]), dynamic_shapes=({0: batch}, {0: batch}))
    for count in (1, 5):
        expected = F.grid_sample(images[:count], grid[:count], align_corners=False)
        torch.testing.assert_close(program.module()(images[:count], grid[:count]), expected, atol=1e-5, rtol=1e-5)


def test_a_compiled_grid_takes_another_size_and_an_exported_sampler_any_batch():
    """Oracle: torch's own pair of functions; more than one block of the sampler's in eager mode."""
    torch.compiler.reset()
    compiled = torch.compile(lambda images, theta: affine_grid(theta, images.shape), backend="eager", fullgraph=True)
    theta = torch.eye(2, 3)[None]
    for size in ((1, 1, 9, 8), (1, 1, 20, 30)):
        torch.testing.assert_close(compiled(torch.zeros(size), theta), F.affine_grid(theta, size, False))

    class Sampler(nn.Module):
        def forward(self, images, theta):
            return grid_sample(images, affine_grid(theta, (theta.shape[0], 1, 160, 160)))

    images, thetas = torch.rand(4, 3, 160, 160), theta.repeat(4, 1, 1) + 0.1 * torch.randn(4, 2, 3)
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(Sampler(), (images, thetas), dynamic_shapes=({0: batch}, {0: batch}))
    images, thetas = images[:3], thetas[:3]
    expected = F.grid_sample(images, F.affine_grid(thetas, (3, 1, 160, 160), False), align_corners=False)
    torch.testing.assert_close(program.module()(images, thetas), expected, atol=1e-4, rtol=1e-4)
