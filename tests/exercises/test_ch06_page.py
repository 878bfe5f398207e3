"""The numbers in the text of chapter 6 that no cell of the page prints."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from stn_lib import data, results, sampling, transforms
from stn_lib.grid import affine_grid
from stn_lib.localization import ConvLocalization
from stn_lib.registration import register
from stn_lib.spatial_transformer import SpatialTransformer

PAGE = Path(__file__).resolve().parents[2] / "book" / "06_module.ipynb"
double = torch.float64


@pytest.fixture(scope="module")
def text():
    """The text of the page, a space for each line break."""
    cells = json.loads(PAGE.read_text("utf-8"))["cells"]
    return re.sub(r"\s+", " ", " ".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown"))


def says(text, *parts):
    for part in parts:
        assert part in text, part


def test_one_step_of_descent_by_hand(text):
    """Oracle: torch's grid_sample and autograd on the row of the page."""
    row = torch.tensor([0.0, 2, 6, 2, 0], dtype=double)
    goal = torch.tensor([2.0, 6, 2, 0, 0], dtype=double)

    def loss_and_slope(t):
        t = torch.tensor(t, dtype=double, requires_grad=True)
        x = (2 * (torch.arange(5, dtype=double) + t) + 1) / 5 - 1
        points = torch.stack([x, torch.zeros_like(x)], dim=-1)[None, None]
        values = F.grid_sample(row.view(1, 1, 1, 5), points, align_corners=False).flatten()
        loss = (values - goal).square().mean()
        return loss.item(), torch.autograd.grad(loss, t)[0].item()

    loss, slope = loss_and_slope(0.25)
    assert (loss, slope) == pytest.approx((4.5, -12))
    assert loss_and_slope(0.25 - 0.05 * slope)[0] == pytest.approx(0.18)
    says(text, "$22.5/5 = 4.5$", "= -12$", "$t = 0.25 + 0.6 = 0.85$", "the loss is 0.18")


def test_what_a_pixel_adds_to_the_gradient_of_theta(text):
    """Oracle: autograd through torch's functions, at the point (1.6, 2.4) of the 4 x 4 squares, counted from 1."""
    squares = torch.arange(1.0, 17.0, dtype=double).view(1, 1, 4, 4) ** 2
    theta = torch.tensor([[[0, 0.5, -0.325], [1, 0, 0.2]]], dtype=double, requires_grad=True)
    values = F.grid_sample(squares, F.affine_grid(theta, (1, 1, 4, 4), False), align_corners=False)
    assert values[0, 0, 1, 1].item() == pytest.approx(55.92)
    slopes = torch.autograd.grad(values[0, 0, 1, 1], theta)[0][0, 0]
    assert slopes.tolist() == pytest.approx([-7.1, -7.1, 28.4])
    says(text, "(−0.25, −0.25), so it adds (−7.1, −7.1, 28.4)")


def test_the_slope_for_a_dot(text):
    """Oracle: torch; the slope for a shift in pixels, half a pixel beside the pixel centres."""
    at = torch.arange(65, dtype=double) - 32

    def dot(centre):
        column, row = torch.exp(-(at**2) / 4.5), torch.exp(-((at - centre) ** 2) / 4.5)
        return (column[:, None] * row)[None, None]

    def slope(distance):
        theta = transforms.translation((1 / 65, 0.0)).double().requires_grad_()
        values = F.grid_sample(dot(0.0), F.affine_grid(theta, (1, 1, 65, 65), False), align_corners=False)
        loss = (values - dot(distance - 0.5)).square().sum()
        return abs(torch.autograd.grad(loss, theta)[0][0, 0, 2].item()) * 2 / 65

    assert [round(slope(distance), 2) for distance in (2.5, 7.5, 15.5)] == [3.86, 0.05, 0.0]
    says(text, "is 3.9 per pixel at 2.5 pixels from its goal, 0.05 at 7.5 and 0 at 15.5")


def test_what_the_basins_show(text):
    """Oracle: the stored measurement."""
    basin = results.read("basin")["summary"]
    arrived = {name: found["shift"]["percent"]["10"] * 48 / 100 for name, found in basin.items()}
    names = ["bilinear", "bicubic", "bilinear, blur 1", "bilinear, blur 2"]
    assert [round(arrived[name]) for name in names] == [19, 30, 39, 48]
    assert basin["coarse to fine"]["shift"]["percent"]["20"] == 95.8
    rotation = {name: found["rotation"]["basin"] for name, found in basin.items()}
    assert [rotation[name] for name in ("bilinear", "coarse to fine", "bilinear, blur 2")] == [40, 50, 30]
    says(text, "19 of 48 starts arrive with bilinear sampling, 30 with bicubic, 39 with a blur of 1 pixel, all 48 with")
    says(
        text,
        "96 % arrive even from 20 pixels",
        "up to 40° with bilinear",
        "up to 50° with coarse to fine",
        "up to 30° with a blur of 2",
    )


def test_features_of_a_warped_image_and_warped_features(text):
    """Oracle: torch's convolution before and after the warp."""
    edge = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]).view(1, 1, 3, 3)
    digit = data.sample_digits()[4:5]

    def difference(theta):
        def warp(image):
            return sampling.grid_sample(image, affine_grid(theta, image.shape))

        first, after = (F.conv2d(warp(digit), edge, padding=1).relu(), warp(F.conv2d(digit, edge, padding=1).relu()))
        return round(100 * ((first - after).norm() / first.norm()).item())

    shift, rotation = transforms.translation((-6 / 28, 0.0)), transforms.rotation(torch.pi / 6)
    assert [difference(theta) for theta in (shift, rotation)] == [0, 26]
    says(text, "0 % after a shift of 3 pixels", "26 % after a rotation of 30°")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_in_the_middle_of_a_network_it_keeps_the_dtype(dtype):
    """Oracle: the same layers in float64; feature maps with four channels."""
    torch.manual_seed(0)
    body, module = torch.nn.Conv2d(1, 4, 3, padding=1), SpatialTransformer(ConvLocalization((28, 28), 4))
    torch.nn.init.normal_(module.localization[-1].weight, std=0.02)
    net = torch.nn.Sequential(body, module).eval()
    expected = net.double()(data.sample_digits()[:2].double())
    value = net.to(dtype)(data.sample_digits()[:2].to(dtype))
    assert value.dtype == dtype and value.shape == (2, 4, 28, 28)
    assert (value.double() - expected).abs().mean() < 0.02


def test_what_the_collapse_shows(text):
    """Oracle: the stored measurement."""
    collapse = results.read("collapse")
    margin, fast = (collapse["summary"][case] for case in ("blank margin", "localisation too fast"))
    assert margin["start off the digit"]["no_gradient_runs"] == fast["× 10"]["no_gradient_runs"] == 4
    assert (
        margin["… border padding"] == margin["start off the digit"]
        and margin["… localisation × 0.1"]["no_gradient_runs"] == 5
    )
    assert all(
        found["no_gradient_runs"] == 0
        for name, found in (margin | fast).items()
        if "penalty" in name or "bounded" in name
    )
    runs = [run for run in collapse["runs"] if run["case"] == "localisation too fast"]
    stuck = [run for run in runs if run["run"] == "× 10" and run["no_gradient_percent"] == 100]
    assert (min(run["zoom"] for run in stuck), max(run["zoom"] for run in stuck)) == (2.524, 54.081)
    assert all(run["blank_percent"] == 100 for run in stuck)
    error = {name: found["error_percent"][0] for name, found in fast.items()}
    assert sorted(error, key=error.get)[:2] == ["× 0.25, bounded", "× 0.25"]
    assert [round(error[name], 1) for name in ("× 10, penalty 1", "no transformer", "× 0.25, bounded", "× 0.25")] == [
        27.1, 26.3, 13.6, 14.2,
    ]  # fmt: skip
    says(text, "2.5 to 54 times as wide", "27.1 %, against 26.3 %", "13.6 % with the bound and 14.2 % without")


def test_five_seeds_do_not_tell_the_paddings_apart(text):
    """Oracle: scipy's t test without equal variances, on the stored error rates; nine comparisons."""
    collapse = results.read("collapse")
    summary, p = collapse["summary"], []
    for case in ("frame", "tutorial, upright", "tutorial, turned"):
        errors = {
            name: [run["error_percent"] for run in collapse["runs"] if (run["case"], run["run"]) == (case, name)]
            for name in ("zeros", "border", "background")
        }
        for one, other in combinations(errors, 2):
            p.append(stats.ttest_ind(errors[one], errors[other], equal_var=False).pvalue)
    assert len(p) == 9 and round(min(p), 2) == 0.03 and round(9 * min(p), 1) == 0.2  # by Bonferroni
    assert [round(summary["frame"][name]["error_percent"][0], 1) for name in ("zeros", "border", "background")] == [
        4.6, 4.5, 4.5,
    ]  # fmt: skip
    assert round(results.read("collapse")["settings"]["background"], 2) == -0.52
    says(
        text,
        "4.6 % with zeros, 4.5 % with border padding, 4.5 % with the background",
        "(−0.52 on our digits)",
        "smallest p value is 0.03, or 0.2 after",
    )


def test_the_experiment_of_exercise_6_8(text):
    """Oracle: the run itself, as its solution prints it."""
    digits = F.pad(data.sample_digits(), (6,) * 4).double()
    starts = transforms.rotation(torch.tensor([0.0, 45, -45, 90, -90], dtype=double).deg2rad())

    def align(moving, fixed):
        pair = [image.expand(5, 1, 40, 40) for image in (moving, fixed)]
        path = register(*pair, starts, steps=200)
        return path.loss, torch.linalg.det(path.theta[..., :2])

    other, _ = align(digits[3:4], digits[8:9])
    same, _ = align(digits[3:4], digits[3:4])
    mirrored, determinants = align(digits[3:4].flip(3), digits[3:4])
    assert [round(other.min().item(), 3), round(other[0, 0].item(), 3)] == [0.017, 0.043]
    assert round(same[:, 3].min().item(), 3) == 0.046
    assert round(mirrored.min().item(), 3) == 0.015 and determinants.min() > 0.99
    says(text, "with a loss of 0.017; at the identity it was 0.043", "stops at 0.046", "no less than 0.015")
