"""Networks that read house numbers: their shapes, their sizes, their start, and that the finder finds."""

import numpy as np
import pytest
import torch
from scipy import special
from torch.nn import functional as F

from stn_lib.data import load_digits_split
from stn_lib.data.house_numbers import house_batch
from stn_lib.metrics import multiply_adds
from stn_lib.models import GivenWindow, NumberCNN, NumberFinder, NumberReader, NumberSTCNN, count_parameters
from stn_lib.models.number_networks import mean_place, window

CANVAS = torch.rand(2, 1, 128, 128)


def test_parameters_are_those_counted_by_hand():
    """Oracle: weights of each layer, without biases in front of norms, which have two numbers for each channel."""
    convolutions = 12 * 25 + 24 * 12 * 9 + 48 * 24 * 9
    norms = 2 * (12 + 24 + 48 + 128)
    reader = convolutions + norms + 48 * 3 * 8 * 128 + 128 * 55 + 55
    finder = 8 * 25 + 16 * 8 * 9 + 16 * 16 * 9 + 2 * (8 + 16 + 16) + 16 * 9 + 1
    inner = sum(flat * 32 + 32 * 32 + 2 * (32 + 32) + 32 * 6 + 6 for flat in (12 * 12 * 32, 24 * 6 * 16))
    assert count_parameters(NumberReader((24, 64), 5, (12, 24, 48))) == reader == count_parameters(GivenWindow())
    assert count_parameters(NumberSTCNN()) == reader + finder
    assert count_parameters(NumberSTCNN(inner=True)) == reader + finder + inner
    cnn = 20 * 25 + 40 * 20 * 9 + 64 * 40 * 9 + 2 * (20 + 40 + 64 + 128) + 64 * 4 * 4 * 128 + 128 * 55 + 55
    assert count_parameters(NumberCNN(4, (20, 40, 64))) == cnn


@pytest.mark.parametrize("inner", [False, True])
def test_at_the_start_the_middle_of_the_canvas_is_read(inner):
    """Oracle: the 24 x 64 pixels in the middle of the canvas, cut out, and the reader without any transformer."""
    network = NumberSTCNN(inner=inner).eval()
    middle = CANVAS[:, :, 52:76, 32:96]
    torch.testing.assert_close(network.transformer(CANVAS), middle, atol=1e-5, rtol=0)
    layers = [layer for layer in network.reader if not hasattr(layer, "localization")]
    assert len(network.reader) - len(layers) == 2 * inner
    torch.testing.assert_close(network(CANVAS), torch.nn.Sequential(*layers)(middle), atol=1e-4, rtol=1e-4)


def test_the_window_is_where_the_map_s_attention_is():
    """Oracle: by hand: all attention on one place of the map; half on each of two places."""
    finder = NumberFinder()
    scores = torch.full((2, 16, 16), -1e4)
    scores[0, 3, 10] = scores[1, 0, 0] = scores[1, 0, 15] = 0
    theta = finder.family.theta(scores.flatten(1))
    expected = torch.tensor([[(10.5 - 8) / 8, (3.5 - 8) / 8], [0, (0.5 - 8) / 8]])
    torch.testing.assert_close(theta, window(expected))
    torch.testing.assert_close(theta[0, :, :2], torch.diag(torch.tensor([0.5, 0.1875])))


def test_the_mean_place_is_that_of_the_softmax():
    """Oracle: scipy's softmax, and numpy's weighted mean of the centres (2 k + 1) / n - 1, on a map that is not square."""
    scores = torch.randn(3, 4 * 6, dtype=torch.float64)
    share = special.softmax(scores.numpy(), axis=1).reshape(3, 4, 6)
    x = [np.average((2 * np.arange(6) + 1) / 6 - 1, weights=one.sum(0)) for one in share]
    y = [np.average((2 * np.arange(4) + 1) / 4 - 1, weights=one.sum(1)) for one in share]
    torch.testing.assert_close(mean_place(scores, (4, 6)), torch.tensor(np.stack([x, y], 1)))


def test_the_small_scene_has_its_own_sizes():
    """Oracle: by hand: 20 x 28 pixels in the middle of 64 x 64; two places of eleven answers."""
    canvas = torch.rand(2, 1, 64, 64)
    network = NumberSTCNN(scene="small").eval()
    assert torch.allclose(network.transformer(canvas), canvas[:, :, 22:42, 18:46], atol=1e-5)
    for other in (network, NumberCNN(2, (4, 8), scene="small")):
        assert other(canvas).shape == (2, 2, 11)
    with pytest.raises(ValueError, match="did you mean 'small'"):
        NumberSTCNN(scene="small scene")


def test_a_pooled_finder_cannot_tell_where_a_number_is():
    """Oracle: an image and the same image, shifted by whole cells: equal centres. The other finder's differ."""
    torch.manual_seed(0)
    image = torch.zeros(2, 1, 128, 128)  # far from the border, whose zeros a convolution sees
    image[0, :, 56:64, 56:64] = image[1, :, 72:80, 48:56] = 1
    for pooled in (True, False):
        finder = NumberFinder("large", pooled=pooled).eval()
        torch.nn.init.normal_(finder.localization[-1 if pooled else -2].weight)
        first, second = finder.theta(image)[:, :, 2]
        assert torch.allclose(first, second, atol=1e-5) == pooled


def test_a_window_starts_wide_and_becomes_narrow():
    """Oracle: by hand: 0.8 of the canvas at first; after half of the batches the geometric mean of both sizes."""
    network = NumberSTCNN(narrowing=4)
    sizes = []
    for _ in range(6):
        sizes.append(network.eval().transformer.theta(CANVAS)[0, (0, 1), (0, 1)])
        network.train()(CANVAS)
    torch.testing.assert_close(sizes[0], torch.tensor([0.8, 0.8]))
    torch.testing.assert_close(sizes[2], torch.tensor([(0.8 * 0.5) ** 0.5, (0.8 * 0.1875) ** 0.5]))
    for size in sizes[4:]:
        torch.testing.assert_close(size, torch.tensor([0.5, 0.1875]))
    loaded = NumberSTCNN(narrowing=4)
    loaded.load_state_dict(network.state_dict())
    torch.testing.assert_close(loaded.eval().transformer.theta(CANVAS)[0, 0, 0].item(), 0.5)


def test_a_given_window_is_read_where_it_is():
    """Oracle: pixels cut out of the canvas; the mean of 4 x 2 pixels of a canvas that is shrunk so far."""
    given = GivenWindow().eval()
    theta = window(torch.tensor([[8 / 64, -4 / 64]])).expand(2, 2, 3)
    torch.testing.assert_close(given(CANVAS, theta), given.reader(CANVAS[:, :, 48:72, 40:104]), atol=1e-4, rtol=1e-4)
    coarse = GivenWindow(samples=2).eval()
    double = torch.tensor([[1.0, 0, 0], [0, 0.375, 0]]).expand(2, 2, 3)
    expected = coarse.reader(F.avg_pool2d(CANVAS[:, :, 40:88], 2))
    torch.testing.assert_close(coarse(CANVAS, double), expected, atol=1e-4, rtol=1e-4)


def test_equal_costs_are_compared():
    """Oracle: `multiply_adds`: the CNNs on shrunk canvases cost at least what the ST-CNN costs, and at most a tenth more."""
    cost = multiply_adds(NumberSTCNN(), CANVAS).total
    for shrink, widths in ((4, (20, 40, 64)), (2, (9, 18, 32))):
        assert 1 <= multiply_adds(NumberCNN(shrink, widths), CANVAS).total / cost < 1.1, shrink


def test_a_handful_of_numbers_is_learnt_by_heart():
    """Oracle: the labels. The finder learns, too: its window moves towards the numbers."""
    torch.manual_seed(0)
    numbers = house_batch(load_digits_split(), 8, generator=torch.Generator().manual_seed(1))
    network = NumberSTCNN(widths=(4, 8, 16))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(40):
        loss = F.cross_entropy(network(numbers.images).flatten(0, 1), numbers.labels.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.equal(network(numbers.images).argmax(2), numbers.labels)
    assert network.transformer.theta(numbers.images)[:, :, 2].std(0).min() > 0.01
