"""Co-localisation: boxes that hold the digit, the loss worked by hand, resuming, the choice of an attempt."""

import argparse
import itertools
import json

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch.nn import functional as F

from experiments.appendix import colocalisation
from experiments.appendix.colocalisation import LR, find_and_measure, remaining_loss
from experiments.appendix.encoder import SHARE, train_encoder
from experiments.appendix.localizer import WINDOW, Localizer, Points
from experiments.appendix.scenes import DISTORTIONS, boxes, common_set, glimpses, sample, shown, soften, window, windows
from experiments.appendix.triplet import iou, random_patches, triplet_loss
from experiments.experiment import Job
from stn_lib.data import DigitsSplit, distort, load_digits_split
from stn_lib.data.batches import HELD_OUT_SEED
from stn_lib.training import checkpoint
from stn_lib.training.config import FitConfig
from stn_lib.training.fit import FitResult, OutOfTime


@pytest.fixture(scope="module")
def encoder():
    """A small classifier's inside, trained for a moment."""
    return train_encoder(load_digits_split(), steps=15, progress=False)


def pixels(where):
    """Boxes in pixels of 84: an edge k lies before pixel k."""
    return (where.numpy() + 1) * 42


def test_true_boxes_hold_the_ink():
    """Oracle: the ink of unblurred digits, by numpy: all of it inside, and as far from the box's edges as it is from
    those of its own 28 x 28 pixels."""
    split = load_digits_split()
    digits = split.test_images[:40]
    images, theta = distort(digits, DISTORTIONS["T"], generator=torch.Generator().manual_seed(0))
    for image, digit, box in zip(images[:, 0].numpy(), digits[:, 0].numpy(), pixels(boxes(theta)), strict=True):
        assert box.min() >= -1e-4 and box.max() <= 84 + 1e-4
        np.testing.assert_allclose(box[2:] - box[:2], 28, atol=1e-4)
        total = image.sum()
        assert total == pytest.approx(digit.sum(), rel=1e-4)
        for axis in (0, 1):  # x sums over rows
            centre = (image.sum(axis) * (np.arange(84) + 0.5)).sum() / total - box[axis]
            own = (digit.sum(axis) * (np.arange(28) + 0.5)).sum() / digit.sum()
            assert centre == pytest.approx(own, abs=1e-3)


def test_clutter_is_whole_and_boxes_are_whole_pixels():
    """Oracle: numpy: at the box stands the digit, pixel for pixel, or something brighter; 16 patches add ink outside."""
    split = load_digits_split()
    images, where = common_set(split, 3, "TC", 50, generator=torch.Generator().manual_seed(1))
    corners = pixels(where)
    np.testing.assert_allclose(corners, corners.round(), atol=1e-3)
    threes = split.train_images[split.train_labels == 3][:, 0].numpy()
    for image, (left, top, right, bottom) in zip(images[:, 0].numpy(), corners.round().astype(int), strict=True):
        inside = image[top:bottom, left:right]
        assert inside.shape == (28, 28)
        assert any((inside >= three - 1e-5).all() and (inside > three + 1e-4).sum() < 400 for three in threes)
        outside = image.copy()
        outside[top:bottom, left:right] = 0
        assert 0 < (outside > 0).sum() <= 16 * 36


def test_only_one_class_and_every_place():
    """Oracle: greys that say the class; scipy's Kolmogorov-Smirnov test of the box's place; no digit twice."""
    grey = (torch.arange(400) % 10 + 1).view(-1, 1, 1, 1).float() / 10
    split = DigitsSplit(grey.expand(-1, 1, 28, 28).contiguous(), torch.arange(400) % 10, grey[:0], torch.arange(0))
    images, where = common_set(split, 4, "T", 40, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(images.amax((1, 2, 3)), torch.tensor(0.5))
    left = pixels(where)[:, :2].ravel()
    assert stats.kstest(left, stats.uniform(0, 56).cdf).pvalue > 0.01


def test_windows_are_what_is_sampled():
    """Oracle: torch's grid_sample of an image that holds its own coordinates: the outermost pixels of the crop."""
    net = Localizer().eval()
    with torch.no_grad():
        net.localization[-1].bias.copy_(torch.tensor([0.7, -0.4, 0.9]))
    x = ((torch.arange(84.0) + 0.5) / 42 - 1).expand(84, 84)
    theta = net.theta(torch.zeros(1, 1, 84, 84))
    grid = F.affine_grid(theta, (1, 1, 28, 28), align_corners=False)
    left, top, right, bottom = windows(theta)[0].tolist()
    for image, low, high in ((x, left, right), (x.T, top, bottom)):
        read = F.grid_sample(image[None, None], grid, align_corners=False)[0, 0]
        half = (high - low) / 56
        assert read.min().item() == pytest.approx(low + half, abs=1e-3)
        assert read.max().item() == pytest.approx(high - half, abs=1e-3)


def test_windows_stay_in_the_image():
    """Oracle: -1 and 1, and a quarter and four fifths, whatever the localisation network answers."""
    theta = WINDOW.theta(100 * torch.randn(500, 3))
    edges = windows(theta)
    assert edges.abs().max() <= 1 + 1e-5
    size = (edges[:, 2] - edges[:, 0]) / 2
    assert size.min() >= 0.25 - 1e-5 and size.max() <= 0.8 + 1e-5
    start = Localizer().eval().theta(torch.rand(2, 1, 84, 84))
    size = 0.25 + 0.55 / (1 + np.exp(-2))
    torch.testing.assert_close(start, torch.tensor([[size, 0, 0], [0, size, 0]], dtype=torch.float32).expand(2, 2, 3))


def test_points_are_where_it_is_bright():
    """Oracle: the definition in numpy, pixel by pixel; a bright pixel moved moves its point as far."""
    maps = torch.randn(2, 3, 5, 7)
    weight = np.exp(4 * maps.numpy().astype(np.float64))
    rows, columns = (np.arange(5) + 0.5) / 2.5 - 1, (np.arange(7) + 0.5) / 3.5 - 1
    x, y = (weight * columns).sum((2, 3)), (weight * rows[:, None]).sum((2, 3))
    expected = np.stack([x, y], 2) / weight.sum((2, 3))[..., None]
    np.testing.assert_allclose(Points()(maps).numpy(), expected.reshape(2, 6), atol=1e-5)
    maps = torch.zeros(2, 1, 5, 7)
    maps[0, 0, 1, 2] = maps[1, 0, 3, 5] = 20
    np.testing.assert_allclose(np.diff(Points()(maps).numpy(), axis=0), [[3 / 3.5, 2 / 2.5]], atol=1e-5)


def test_iou_counts_pixels():
    """Oracle: boxes drawn on a raster by numpy, and their pixels counted."""
    rng = np.random.default_rng(0)
    wide = np.array([[0], [1]])
    a, b = (np.sort(rng.integers(0, 41, (200, 2, 2)), axis=1) + wide for _ in range(2))

    def drawn(box):
        canvas = np.zeros((42, 42), bool)
        (left, top), (right, bottom) = box
        canvas[top:bottom, left:right] = True
        return canvas

    expected = [(drawn(p) & drawn(q)).sum() / (drawn(p) | drawn(q)).sum() for p, q in zip(a, b, strict=True)]
    found = iou(*(torch.from_numpy(box.reshape(-1, 4)).double() for box in (a, b)))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)
    assert 0 in expected and max(expected) > 0.5


def test_iou_by_hand():
    """Oracle: by hand: the same box; half of it; a square of 20 in the middle of one of 28."""
    box = torch.tensor([[0.0, 0.0, 28.0, 28.0]])
    assert iou(box, box).item() == 1
    assert iou(box, torch.tensor([[0.0, 0.0, 14.0, 28.0]])).item() == 0.5
    assert iou(box, torch.tensor([[4.0, 4.0, 24.0, 24.0]])).item() == pytest.approx(400 / 784)


def test_the_loss_by_loops():
    """Oracle: the definition in numpy, pair by pair; autograd against finite differences."""
    crops, patches = torch.randn(6, 5, dtype=torch.float64), torch.randn(6, 5, dtype=torch.float64)
    a, r = crops.numpy(), patches.numpy()
    terms = [
        max(0.0, ((a[n] - a[m]) ** 2).sum() - ((a[n] - r[n]) ** 2).sum() + 1) for n in range(6) for m in range(6) if n != m
    ]  # fmt: skip
    assert triplet_loss(crops, patches).item() == pytest.approx(sum(terms) / 30)
    assert min(terms) == 0 < max(terms)
    assert torch.autograd.gradcheck(triplet_loss, (crops.requires_grad_(), patches.requires_grad_()))


def test_patches_are_as_large_as_windows_and_inside():
    """Oracle: edges by hand: rim to rim at -1 and 1, the given size or the window's own, gradients to that alone."""
    theta = WINDOW.theta(torch.randn(50, 3)).requires_grad_()
    ends = torch.ones(50, 2)
    low, high = (windows(random_patches(theta, side * ends)) for side in (-1, 1))
    np.testing.assert_allclose(low[:, :2].detach(), -1, atol=1e-6)
    np.testing.assert_allclose(high[:, 2:].detach(), 1, atol=1e-6)
    np.testing.assert_allclose((high[:, 2:] - high[:, :2]).detach()[:, 0], 2 * theta[:, 0, 0].detach(), rtol=1e-5)
    fixed = windows(random_patches(theta, ends, 0.25)).detach()
    np.testing.assert_allclose(fixed, np.tile([0.5, 0.5, 1, 1], (50, 1)), atol=1e-6)
    (slope,) = torch.autograd.grad(random_patches(theta, ends)[:, :, 2].sum(), theta)
    assert (slope[:, 0, 0] == -2).all() and slope[:, :, 2].abs().max() == 0


def test_softened_images():
    """Oracle: scipy's Gaussian filter, with black outside."""
    images = torch.rand(2, 1, 30, 41)
    expected = ndimage.gaussian_filter(images.numpy(), (0, 0, 1.2, 1.2), mode="constant", radius=(0, 0, 5, 5))
    np.testing.assert_allclose(soften(images).numpy(), expected, atol=1e-6)


def test_crops_are_those_of_torch():
    """Oracle: torch's affine_grid and grid_sample, of a theta written by hand."""
    images = torch.rand(2, 1, 84, 84)
    half, place = torch.tensor([[0.25], [0.5]]), torch.tensor([[0.1, -0.7], [0.5, 0.0]])
    theta = torch.tensor([[[0.25, 0, 0.1], [0, 0.25, -0.7]], [[0.5, 0, 0.5], [0, 0.5, 0]]])
    assert torch.equal(window(half, place), theta)
    grid = F.affine_grid(theta, (2, 1, 28, 28), align_corners=False)
    torch.testing.assert_close(sample(images, theta), F.grid_sample(images, grid, align_corners=False))


def test_shown_images_are_held_out_digits_of_the_class():
    """Oracle: at the box stands one of the embedded test digits of the class, pixel for pixel, or clutter."""
    split = load_digits_split()
    for label in (0, 7):
        image, where = shown(label, "TC")
        assert torch.equal(image, shown(label, "TC")[0])
        left, top, right, bottom = pixels(where)[0].round().astype(int)
        inside = image[0, 0, top:bottom, left:right]
        own = split.test_images[split.test_labels == label][:, 0]
        assert any((inside >= one - 1e-5).all() and (inside > one + 1e-4).sum() < 400 for one in own)


def test_glimpses_hold_the_digit_in_windows_of_every_size():
    """Oracle: a white square of 16 pixels for a digit, and seven dim ones, that are its clutter: how wide a crop shows it
    tells how large the window is, unless it is cut; scipy's Kolmogorov-Smirnov test knows what sizes should come. Every
    other image has clutter: ink beside the square, in windows wide enough to hold some."""
    grey = torch.tensor([1.0] + 7 * [0.1]).view(-1, 1, 1, 1)
    digits = F.pad(grey.expand(-1, 1, 16, 16), (6, 6, 6, 6)).contiguous()
    split = DigitsSplit(digits, torch.arange(8), digits[:0], torch.arange(0))
    seen, labels = glimpses(split, 1600, generator=torch.Generator().manual_seed(0))
    assert seen.shape == (1600, 1, 28, 28) and set(labels.tolist()) == set(range(8))
    crops = seen[labels == 0][:, 0].numpy()
    row = np.where(crops > 0.15, crops, 0).sum(2).max(1)  # its width in pixels of the crop, blurred edges and all
    half = 16 / 84 * 28 / row
    assert 0.24 < half.min() < 0.29 and 0.76 < half.max() < 0.86
    assert stats.kstest(half[half > 0.3], stats.uniform(0.3, 0.5).cdf).pvalue > 0.01
    wide = crops[half > 0.6]
    white = ndimage.binary_dilation(wide > 0.15, np.ones((1, 9, 9)))
    cluttered = np.where(white, 0, wide).max((1, 2)) > 0.02
    assert stats.binomtest(int(cluttered.sum()), len(wide), 0.5).pvalue > 0.01


def test_the_encoder_is_the_inside_of_its_classifier(encoder):
    """Oracle: the classifier's own logits; lengths by numpy; nothing of it is trained any more."""
    digits, _ = glimpses(load_digits_split(), 1000, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        descriptors, logits = encoder(digits), encoder.classifier(digits)
    torch.testing.assert_close(descriptors[:, -10:] * encoder.length[2] / SHARE, logits)
    for part in np.split(descriptors.numpy(), [180, 244], axis=1):
        assert (part**2).sum(1).mean() == pytest.approx(SHARE**2, abs=1e-4)
    assert not encoder.training and not any(p.requires_grad for p in encoder.parameters())


def config(seed, steps=16):
    """The experiment's own settings, but for few steps and small batches."""
    return FitConfig(seed=seed, steps=steps, batch_size=6, lr=LR, localization_lr_factor=1.0)


@pytest.fixture(scope="module")
def unbroken(encoder, tmp_path_factory):
    """The row and the network of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("unbroken")
    job = Job(argparse.Namespace(hold_out="test", runs=folder), folder)
    return find_and_measure("T 8", config(2), load_digits_split(), encoder, job, (2, 2))


@pytest.mark.parametrize(("call", "folder", "step"), [(10, "0/0", 10), (26, "1/1", 1)])
def test_a_stopped_run_ends_as_an_unbroken_one(encoder, unbroken, job, tmp_path, call, folder, step):
    """Oracle: the unbroken run's row and weights; the encoder's bits, which training must not change. An attempt has 12
    steps in its first stage and 4 in its second; it asks after each but the last of a stage whether to stop."""
    split, attempts = load_digits_split(), (2, 2)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    whole, expected = unbroken
    calls = itertools.count(1)
    with pytest.raises(OutOfTime):
        find_and_measure("T 8", config(2), split, encoder, job(stop=lambda: next(calls) == call), attempts)
    assert checkpoint.load(tmp_path / "row" / folder / "checkpoint.pt")["step"] == step
    ended, network = find_and_measure("T 8", config(2), split, encoder, job(), attempts)
    plain = [{k: v for k, v in row.items() if k != "seconds"} for row in (whole, ended)]
    assert plain[0] == plain[1] and json.dumps(plain[0])
    for a, b in zip(expected.state_dict().values(), network.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert all(torch.equal(before[name], value) for name, value in encoder.state_dict().items())
    with pytest.raises(ValueError, match="co-localisation T 8"):
        find_and_measure("TC 8", config(2), split, encoder, job(), attempts)


@pytest.mark.parametrize(
    ("losses", "kept", "half"),
    [
        ((0.7, 0.5, 0.6), 1, 0.8),
        ((0.9, 0.8, 0.7), 2, 0.25),
        ((1.0, 0.9, 1.1, 0.8, 0.7), 4, 0.8),
        ((1.2, 1.1, 1.3, 0.75, 0.9, 0.95, 1.0, 1.0, 1.0), 3, 0.25),
    ],
)
def test_the_attempt_that_leaves_the_least_loss_is_kept(encoder, job, monkeypatch, losses, kept, half):
    """Oracle: attempts whose windows are set by hand, the first in one corner, the second at all, the third in another
    corner, and so on; the losses are set, too, and speak for one of them. Where the first three leave much, there are
    more."""
    n, split, seeds, seen = len(losses), load_digits_split(), [], []
    given = iter((*losses, 0.4))

    def by_hand(images, encoder, config, about, job):
        seeds.append(config.seed)
        network = Localizer().eval()
        parameters = [[-9.0, 1, 1], [9.0, 0, 0], [-9.0, 1, -1]][len(seeds) % 3 - 1]
        with torch.no_grad():
            network.localization[-1].bias.copy_(torch.tensor(parameters))
        return network, FitResult([{"step": 1, "loss": float(len(seeds))}], 2.0)

    def remaining(theta, encoder, images):
        seen.append(windows(theta))
        return next(given)

    monkeypatch.setattr(colocalisation, "train_localizer", by_hand)
    monkeypatch.setattr(colocalisation, "remaining_loss", remaining)
    row, _ = find_and_measure("T 8", config(4, 8), split, encoder, job())
    assert seeds == [4 + 1000 * k for k in range(n)] == [one["seed"] for one in row["attempts"]]
    assert [one["loss"] for one in row["attempts"]] == list(losses) and row["kept"] == kept
    left, top, right, bottom = row["window"]
    assert right - left == pytest.approx(2 * half, abs=1e-3) and bottom - top == pytest.approx(2 * half, abs=1e-3)
    assert row["curve"][-1]["loss"] == kept + 1
    assert row["seconds"] == 2 * n and row["pictures"] == n * 8 * 6
    hits = [one["hit_percent"] for one in row["attempts"]]
    _, truth = common_set(split, 8, generator=torch.Generator().manual_seed(4))
    assert torch.allclose(seen[-1], truth, atol=1e-6) and row["boxes_loss"] == 0.4
    overlap = iou(torch.tensor([[0.5, 0.5, 1, 1]]).expand(100, 4), truth)
    corner = 100 * (overlap > 0.5).float().mean().item()
    assert hits == [(corner, 0, hits[2])[k % 3] for k in range(n)] and row["hit_percent"] == hits[kept]


def test_the_remaining_loss_is_that_of_all_images(encoder):
    """Oracle: the hinge by loops in numpy, of windows and patches that torch reads."""
    images = soften(common_set(load_digits_split(), 8, count=6, generator=torch.Generator().manual_seed(0))[0])
    network = Localizer().eval()
    places = 2 * torch.rand(6, 2, generator=torch.Generator().manual_seed(HELD_OUT_SEED)) - 1
    half = 0.25 + 0.55 / (1 + np.exp(-2))
    thetas = torch.zeros(2, 6, 2, 3)
    thetas[:, :, 0, 0] = thetas[:, :, 1, 1] = half
    thetas[1, :, :, 2] = places * (1 - half)
    with torch.no_grad():
        a, r = (
            encoder(
                F.grid_sample(images, F.affine_grid(theta, (6, 1, 28, 28), align_corners=False), align_corners=False)
            )
            for theta in thetas
        )
    a, r = a.double().numpy(), r.double().numpy()
    terms = [
        max(0.0, ((a[n] - a[m]) ** 2).sum() - ((a[n] - r[n]) ** 2).sum() + 1) for n in range(6) for m in range(6) if n != m
    ]  # fmt: skip
    theta = network.theta(images).detach()
    assert remaining_loss(theta, encoder, images) == pytest.approx(sum(terms) / 30, rel=1e-4)


def test_wrong_requests_are_refused(encoder, job):
    """Oracle: the message names expected and got."""
    split, g = load_digits_split(), torch.Generator()
    with pytest.raises(ValueError, match="expected kind to be one of 'T', 'TC', got 'tc'"):
        common_set(split, 3, "tc", generator=g)
    with pytest.raises(ValueError, match=r"expected 2 to \d+ images, the training digits of class 3, got 5000"):
        common_set(split, 3, count=5000, generator=g)
    with pytest.raises(ValueError, match=r"expected b to hold boxes \(N, 4\) with left <= right .* got \(1, 4\)"):
        iou(torch.zeros(1, 4), torch.tensor([[1.0, 0, 0, 1]]))
    with pytest.raises(ValueError, match=r"expected crops and patches .* N >= 2, got \(1, 3\) and \(1, 3\)"):
        triplet_loss(torch.zeros(1, 3), torch.zeros(1, 3))
    with pytest.raises(ValueError, match="expected a batch_size from 2 to 100, the number of images, got 200"):
        find_and_measure("T 8", FitConfig(batch_size=200), split, encoder, job())
    with pytest.raises(ValueError, match=r"expected attempts \(at least, at most\), from 1 up, got \(3, 2\)"):
        find_and_measure("T 8", config(0), split, encoder, job(), (3, 2))
