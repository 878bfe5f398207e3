"""The small networks of chapter 2: their pooling alone decides about shifts."""

import pytest
import torch

from stn_lib import models


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
