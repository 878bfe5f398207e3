"""The order of an image's numbers in memory: channels last, as convolution and pooling on a CPU are fastest."""

import torch
from torch import Tensor

_FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


def channels_last(tensor: Tensor) -> Tensor:
    """Images and filters with their channels next to each other in memory; other tensors as they are."""
    # .contiguous() would leave the strides of a single channel, and a convolution would write its result channels first.
    return tensor.to(memory_format=_FORMATS[tensor.ndim]) if tensor.ndim in _FORMATS else tensor


def as_laid_out(tensor: Tensor, other: Tensor) -> Tensor:
    """The images with their channels last if those of `other` are; torch's grid_sample returns them channels first."""
    return channels_last(tensor) if other.stride(1) == 1 else tensor
