"""Ten held-out digits, the same wherever a chapter needs one."""

import torch
from torch import Tensor

from stn_lib.data.digits import load_digits_split


def sample_digits() -> Tensor:
    """One digit of each class from the held-out quarter: neither the tidiest nor the
    strangest, but the one of median distance from its class's mean.

    Returns:
        Pictures of the digits 0 to 9 in order, (10, 1, 28, 28), from 0 (paper) to 1 (ink).

    Example:
        >>> sample_digits().shape
        torch.Size([10, 1, 28, 28])

    Chapter: all
    """
    split = load_digits_split()
    chosen = []
    for label in range(10):
        images = split.test_images[split.test_labels == label]
        distance = (images - images.mean(dim=0, keepdim=True)).flatten(1).norm(dim=1)
        chosen.append(images[distance.argsort()[len(images) // 2]])
    return torch.stack(chosen)
