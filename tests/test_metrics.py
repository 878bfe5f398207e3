"""Intervals against scipy and published values; poses against the drawn images."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import binomtest, bootstrap, ttest_rel
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from stn_lib.data import RTS, Distortion
from stn_lib.data.distort import random_theta
from stn_lib.metrics import (
    error_interval,
    holm,
    is_dead,
    mcnemar,
    multiply_adds,
    paired_bootstrap,
    paired_interval,
    pose,
    shift_consistency,
)
from stn_lib.models import CNN, STCNN
from stn_lib.spatial_transformer import SpatialTransformer


@pytest.mark.parametrize(("errors", "n"), [(0, 10), (10, 10), (1, 3), (70, 10_000), (24, 1780)])
def test_error_interval_equals_scipy(errors, n):
    """Oracle: scipy.stats.binomtest(...).proportion_ci(method='wilson')."""
    low, high = binomtest(errors, n).proportion_ci(method="wilson")
    assert error_interval(errors, n) == pytest.approx((100 * low, 100 * high), abs=1e-5)


@pytest.mark.parametrize(
    ("errors", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_error_interval_is_that_of_the_literature(errors, n, low, high):
    """Oracle: Newcombe, Statistics in Medicine 17, 1998, table I, method 3."""
    assert error_interval(errors, n) == pytest.approx((100 * low, 100 * high), abs=0.005)


@pytest.mark.parametrize(("errors", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(errors, n):
    """Oracle: there are no such counts."""
    with pytest.raises(ValueError, match="expected n >= 1"):
        error_interval(errors, n)


def test_paired_interval_is_that_of_students_sleep_data():
    """Oracle: Student 1908, hours of extra sleep of ten patients with two drugs; the interval as R's t.test prints it."""
    a = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    b = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    assert paired_interval(a, b) == pytest.approx((-1.58, -2.4598858, -0.7001142), abs=1e-7)


@pytest.mark.parametrize("n", [2, 3, 5, 40])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_paired_interval_equals_scipy(n, level):
    """Oracle: scipy.stats.ttest_rel(...).confidence_interval."""
    a, b = torch.randn(2, n, dtype=torch.float64, generator=torch.Generator().manual_seed(n)).tolist()
    low, high = ttest_rel(a, b).confidence_interval(level)
    mean = sum(x - y for x, y in zip(a, b, strict=True)) / n
    assert paired_interval(a, b, level) == pytest.approx((mean, low, high), rel=1e-9)


def test_paired_interval_by_hand_and_of_equal_differences():
    """Oracle: by hand: differences 1, 2, 3: mean 2, deviation 1, t(2) = 4.302653, so 2 ± 4.302653 / sqrt(3)."""
    half = 4.302653 / math.sqrt(3)
    assert paired_interval([2, 4, 6], [1, 2, 3]) == pytest.approx((2, 2 - half, 2 + half), abs=1e-5)
    assert paired_interval([3.0, 5.0], [1.0, 3.0]) == (2, 2, 2)


@pytest.mark.parametrize(
    ("a", "b", "level"), [([1], [2], 0.95), ([], [], 0.95), ([1, 2], [1, 2, 3], 0.95), ([1, 2], [3, 5], 95)]
)
def test_impossible_pairs_are_refused(a, b, level):
    """Oracle: the message names expected and got."""
    with pytest.raises(ValueError, match="expected at least two pairs and a level between 0 and 1, got"):
        paired_interval(a, b, level)


def moments(image):
    """Oracle: centre, area and direction of the foreground in an image (H, W), from its moments; y points down."""
    height, width = image.shape
    y, x = torch.meshgrid(torch.arange(height).double(), torch.arange(width).double(), indexing="ij")
    area = image.sum()
    cx, cy = (x * image).sum() / area, (y * image).sum() / area
    xx, yy, xy = (((p * q) * image).sum() / area for p, q in ((x - cx, x - cx), (y - cy, y - cy), (x - cx, y - cy)))
    center = (2 * cx + 1) / width - 1, (2 * cy + 1) / height - 1
    return center, area, math.degrees(-0.5 * math.atan2(2 * xy, xx - yy))  # minus: counter-clockwise on the screen


def test_poses_are_those_of_the_drawn_images():
    bar = torch.zeros(1, 1, 101, 101, dtype=torch.float64)
    bar[:, :, 48:53, 40:61] = 1  # within the square that a placed digit keeps in the frame
    recipe = Distortion("wide", (201, 201), math.radians(80), (0.6, 1.4), placed=True)
    theta = random_theta(recipe, 12, (101, 101), torch.Generator().manual_seed(3)).double()
    center, size, rotation = pose(theta)
    grid = F.affine_grid(theta, (12, 1, 201, 201), align_corners=False)
    drawn = F.grid_sample(bar.expand(12, -1, -1, -1), grid, align_corners=False)
    for k in range(12):
        found, area, angle = moments(drawn[k, 0])
        assert center[k].tolist() == pytest.approx([v.item() for v in found], abs=2e-3)
        assert size[k].item() == pytest.approx(math.sqrt(area / bar.sum()) * 101 / 201, rel=1e-2)
        assert rotation[k].item() == pytest.approx(angle, abs=0.5)


def test_poses_of_rts_fill_their_ranges():
    theta = random_theta(RTS, 4000, (28, 28), torch.Generator().manual_seed(0))
    _, size, rotation = pose(theta)
    assert rotation.abs().max() <= 45.001 and rotation.std() == pytest.approx(90 / math.sqrt(12), rel=0.05)
    pixels = size * 42 / 28
    assert pixels.min() >= 0.6999 and pixels.max() <= 1.2001


def test_a_flat_theta_has_no_pose():
    with pytest.raises(ValueError, match="inver"):
        pose(torch.zeros(1, 2, 3))


def column_of_the_dot(images):
    """A classifier that says in which column the brightest pixel is."""
    return images.amax(dim=(1, 2))


def dots(n=400, size=9, at=4):
    images = torch.zeros(n, 1, size, size + 2)
    images[:, :, at, at] = 1
    return images


@pytest.mark.parametrize("fill", ["crop", "circular"])
def test_consistency_of_a_classifier_that_only_sees_the_position(fill):
    """Oracle: two of reach + 1 equally likely columns agree once in reach + 1 times."""
    found = shift_consistency(
        column_of_the_dot, dots(), 3, fill, pairs=10, generator=torch.Generator().manual_seed(0), batch_size=333
    )
    assert found.n == 4000 and found.rate == pytest.approx(25, abs=2.5)
    low, high = binomtest(round(found.rate * 40), 4000).proportion_ci(method="wilson")
    assert found.interval == pytest.approx((100 * low, 100 * high), abs=1e-4)


def test_a_crop_shows_the_image_at_the_drawn_position():
    """Oracle: the crops cut out one by one."""
    images = torch.rand(7, 2, 8, 10, generator=torch.Generator().manual_seed(1))
    seen = []

    def spy(batch):
        seen.append(batch.clone())
        return batch.flatten(1)[:, :3]

    shift_consistency(spy, images, 3, generator=torch.Generator().manual_seed(5), batch_size=4)
    draw = torch.randint(4, (2, 7, 2), generator=torch.Generator().manual_seed(5))
    shown = torch.cat(seen).view(2, 7, 2, 5, 7)
    for one in range(2):
        for k, (x, y) in enumerate(draw[one].tolist()):
            assert torch.equal(shown[one, k], images[k, :, y : y + 5, x : x + 7])


def test_a_circular_shift_rolls_the_image():
    images = torch.rand(5, 1, 4, 6, generator=torch.Generator().manual_seed(1))
    seen = []
    shift_consistency(
        lambda batch: seen.append(batch.clone()) or batch.flatten(1),
        images, 9, "circular", generator=torch.Generator().manual_seed(2),
    )  # fmt: skip
    draw = torch.randint(10, (2, 5, 2), generator=torch.Generator().manual_seed(2))
    for one in range(2):
        for k, (x, y) in enumerate(draw[one].tolist()):
            assert torch.equal(seen[one][k], images[k].roll((-y, -x), dims=(1, 2)))


@pytest.mark.parametrize(
    ("n", "reach", "pairs", "fill"), [(0, 1, 1, "crop"), (2, 9, 1, "crop"), (2, -1, 1, "circular"), (2, 1, 0, "crop")]
)
def test_consistency_of_nothing_is_refused(n, reach, pairs, fill):
    with pytest.raises(ValueError, match="expected images, pairs >= 1"):
        shift_consistency(column_of_the_dot, dots(n), reach, fill, pairs, generator=torch.Generator())


def resampled(difference, resamples=4000, seed=1):
    """Oracle: the bootstrap over seeds and images, drawn one by one."""
    generator = np.random.default_rng(seed)
    seeds, images = difference.shape
    draws = []
    for _ in range(resamples):
        rows, columns = generator.integers(seeds, size=seeds), generator.integers(images, size=images)
        draws.append(100 * difference[np.ix_(rows, columns)].mean())
    return np.array(draws)


def answers(seeds, images, rates=(0.3, 0.2), seed=0):
    """Whether two networks are wrong, with images that are hard for both."""
    generator = np.random.default_rng(seed)
    hard = generator.random(images) < 0.1
    return [(generator.random((seeds, images)) < rate) | hard for rate in rates]


@pytest.mark.parametrize(("seeds", "images"), [(1, 60), (3, 60), (5, 200)])
def test_paired_bootstrap_is_that_of_single_draws(seeds, images):
    """Oracle: `resampled`; quantiles of 4,000 draws agree to a fraction of their own spread."""
    a, b = answers(seeds, images)
    draws = resampled(a.astype(float) - b)
    found = paired_bootstrap(a, b)
    assert found.points == pytest.approx(100 * (a.mean() - b.mean()))
    assert found.interval == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.15 * draws.std())
    assert found.p == pytest.approx(2 * min((draws <= 0).mean(), (draws >= 0).mean()), abs=0.05)


def test_paired_bootstrap_of_one_seed_is_scipys():
    """Oracle: scipy.stats.bootstrap, the percentile interval of the mean of the images' differences."""
    a, b = answers(1, 500)
    difference = 100 * (a[0].astype(float) - b[0])
    scipys = bootstrap((difference,), np.mean, method="percentile", n_resamples=10_000, rng=1).confidence_interval
    assert paired_bootstrap(a, b).interval == pytest.approx(tuple(scipys), abs=0.3)


def test_paired_bootstrap_by_hand():
    """Oracle: by hand. Of two images one differs: draws are 0, 50, 50 or 100 %, so 0 has 1/4 and p is 2 · 1/4. Without a
    difference every draw is 0."""
    found = paired_bootstrap([[True, False]], [[False, False]], level=0.4)
    assert found.points == 50 and found.interval == (50, 50) and found.p == pytest.approx(0.5, abs=0.02)
    assert paired_bootstrap([[True, False]], [[True, False]]) == (0, (0, 0), 1)


def test_paired_bootstrap_cancels_what_both_networks_share():
    """Oracle: the same errors, paired and with one network's images in another order: there each hard image counts twice."""
    a, b = answers(3, 400)
    shuffled = b[:, np.random.default_rng(0).permutation(400)]
    paired, unpaired = (np.ptp(paired_bootstrap(a, other).interval) for other in (b, shuffled))
    assert paired < 0.97 * unpaired
    assert paired_bootstrap(a, b) == paired_bootstrap(a, b) and paired_bootstrap(b, a).points < 0


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says():
    """Oracle: 200 pairs of networks whose true difference is known, 10 points; 95 % leave 181 to 199 in the interval."""
    covered = 0
    for trial in range(200):
        generator = np.random.default_rng(trial)
        a, b = generator.random((5, 300)) < 0.3, generator.random((5, 300)) < 0.2
        low, high = paired_bootstrap(a, b, resamples=1000).interval
        covered += low <= 10 <= high
    assert covered >= 181


@pytest.mark.parametrize(
    "wrong",
    [
        {"a": [[True]], "b": [[True, False]]}, {"a": [True], "b": [True]}, {"a": [[]], "b": [[]]},
        {"a": [[True]], "b": [[True]], "level": 95}, {"a": [[True]], "b": [[True]], "resamples": 0},
    ],
)  # fmt: skip
def test_an_impossible_bootstrap_is_refused(wrong):
    """Oracle: the message names expected and got."""
    with pytest.raises(ValueError, match=r"expected two arrays \(seeds, images\) of one shape, .* got"):
        paired_bootstrap(**wrong)


def test_mcnemar_is_that_of_agrestis_table():
    """Oracle: Agresti, Categorical Data Analysis, 2002, table 10.1: 150 and 86 changed their mind; z² = 17.36, and the
    exact test by hand, 2 · P(X ≤ 86) of a fair coin thrown 236 times."""
    a = [True] * 150 + [False] * 86 + [True] * 794 + [False] * 570
    b = [False] * 150 + [True] * 86 + [True] * 794 + [False] * 570
    exact = 2 * sum(math.comb(236, k) for k in range(87)) / 2**236
    assert mcnemar(a, b) == pytest.approx(exact) and exact == pytest.approx(3.7e-5, rel=0.02)
    assert mcnemar(b, a) == pytest.approx(exact) and mcnemar(a, a) == 1
    with pytest.raises(ValueError, match="of one length, got"):
        mcnemar(a, b[1:])


def test_holm_by_hand():
    """Oracle: Holm's steps by hand for four p-values; the order of the input stays."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1, 1] and holm([]) == []
    with pytest.raises(ValueError, match="from 0 to 1, got"):
        holm([1.2])


def test_a_dead_transformer_is_told_from_one_that_looks():
    """Oracle: one theta for all images, up to rounding; one that follows the image by a tenth of a pixel of 60."""
    theta = torch.tensor([[0.93, 0.0, 0.01], [0.0, 0.93, -0.02]]).expand(50, 2, 3)
    noise = torch.randn(50, 2, 3, generator=torch.Generator().manual_seed(0))
    assert is_dead(theta) and is_dead(theta + 1e-6 * noise)
    assert not is_dead(theta + 0.1 / 30 * noise)
    assert not is_dead(torch.randn(5, 16, 2, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(ValueError, match="at least two images"):
        is_dead(theta[:1])


def counted_by_torch(network, *inputs):
    """Multiply-adds of convolutions and linear layers, forward and backward; torch counts two operations for each."""
    with FlopCounterMode(display=False) as forward:
        output = network(*inputs)
    with FlopCounterMode(display=False) as backward:
        output.sum().backward()
    return [mode.get_total_flops() // 2 for mode in (forward, backward)]


@pytest.mark.parametrize("learns", [True, False], ids=["all learns", "localisation fixed"])
def test_multiply_adds_are_those_of_torch_and_of_a_sampler_counted_by_hand(learns):
    """Oracle: torch's FlopCounterMode, which counts no samplers; four corners for each of 28 x 28 pixels."""
    images = torch.rand(3, 1, 42, 42)
    assert multiply_adds(CNN(), images) == tuple(counted_by_torch(CNN(), images))
    network = STCNN()
    network.transformer.localization.requires_grad_(learns)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    forward, backward = multiply_adds(network, images)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    expected = counted_by_torch(network, images)
    sampler = 3 * 28 * 28 * 4
    assert (forward, backward) == (expected[0] + sampler, expected[1] + 2 * sampler * learns)


def test_multiply_adds_of_a_transformer_on_features_that_learn():
    """Oracle: by hand: a convolution of 2 channels, 3 x 3, then a window of 4 x 5 pixels, each the mean of 2 x 2 samples.."""
    localization = nn.Sequential(nn.Flatten(), nn.Linear(2 * 8 * 8, 6)).requires_grad_(False)
    window = SpatialTransformer(localization, (4, 5), samples=2)
    cost = multiply_adds(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), window), torch.rand(1, 1, 8, 8))
    conv, linear, sampler = 8 * 8 * 2 * 9, 128 * 6, 4 * 5 * 2 * 4 * 4
    assert cost == (conv + linear + sampler, conv + linear + 3 * sampler)
    assert cost.total == 2 * (conv + linear) + 4 * sampler


def test_layers_of_unknown_cost_are_refused():
    """Oracle: the message."""
    with pytest.raises(ValueError, match="expected convolutions and linear layers, got ConvTranspose2d"):
        multiply_adds(nn.ConvTranspose2d(1, 1, 2), torch.rand(1, 1, 3, 3))
