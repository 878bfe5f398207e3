"""The two networks that several explorables run in the page."""

from collections.abc import Mapping
from typing import Any

import traitlets
from torch import nn

from stn_lib.models.export import to_operations


class NetworkPair(traitlets.HasTraits):
    """The traits of an explorable that compares a CNN with an ST-CNN, as `shared/network.js` reads them."""

    cnn_layout = traitlets.Dict().tag(sync=True)
    cnn_weights = traitlets.Bytes().tag(sync=True)
    st_cnn_layout = traitlets.Dict().tag(sync=True)
    st_cnn_weights = traitlets.Bytes().tag(sync=True)


def pair_traits(networks: Mapping[str, nn.Module], bits: int = 16) -> dict[str, Any]:
    """The values of these traits, from networks with the keys ``"cnn"`` and ``"st_cnn"``.

    Args:
        bits: of a weight, as in `to_operations`.
    """
    values: dict[str, Any] = {}
    for key, network in networks.items():
        values[f"{key}_layout"], values[f"{key}_weights"] = to_operations(network, bits)
    return values
