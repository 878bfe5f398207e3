"""The cases of the exercises about accuracy and consistency: random linear networks, images, labels and a change.

Convention: a network maps images (N, 1, H, W) to logits (N, classes); a fraction runs from 0 to 1.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Named, random_integer

PERCENT = "Your numbers are percent. Give a fraction from 0 to 1."

_CHANGES = (
    Named("one pixel to the right", lambda x: F.pad(x, (1, -1, 0, 0))),
    Named("upside down", lambda x: x.flip(2)),
    Named("half the brightness", lambda x: x / 2),
    Named("mirrored", lambda x: x.flip(3)),
)


def random_networks(generator: torch.Generator) -> list[Case]:
    """Draw networks, images, labels and a change."""
    cases = []
    for k in range(20):
        count, classes = random_integer(generator, 18, 24), random_integer(generator, 3, 4)
        weights = torch.randn(classes, 12, generator=generator, dtype=torch.float64)
        bias = torch.randn(classes, generator=generator, dtype=torch.float64)
        images = torch.rand(count, 1, 3, 4, generator=generator, dtype=torch.float64)

        def answer(x: Tensor, weights: Tensor = weights, bias: Tensor = bias) -> Tensor:
            return x.flatten(1) @ weights.T + bias

        # Better than chance, so that correct, wrong, kept and changed answers all occur.
        labels = answer(images).argmax(1)
        noise = torch.randint(classes, (count,), generator=generator)
        labels = torch.where(torch.rand(count, generator=generator) < 0.4, noise, labels)
        model = Named(f"a network with {classes} classes", answer)
        cases.append(Case({"model": model, "images": images, "labels": labels, "change": _CHANGES[k % len(_CHANGES)]}))
    return cases


def _classes(model: Any, images: Tensor) -> Tensor:
    return model(images).argmax(dim=1)


def fraction(hit: Callable[..., Tensor], scale: float = 1.0) -> Callable[..., Tensor]:
    """The fraction of the images for which `hit` holds, times `scale`."""
    return lambda model, images, labels, change: scale * hit(model, images, labels, change).double().mean()


def count(hit: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The number of images for which `hit` holds."""
    return lambda *answer: hit(*answer).double().sum()


def over_classes(hit: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The number of images for which `hit` holds, divided by the number of classes."""
    return lambda model, images, *rest: count(hit)(model, images, *rest) / model(images).shape[1]


def is_correct(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
    """Whether the answer to the changed image equals the label."""
    return _classes(model, change(images)) == labels


def was_correct(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
    """Whether the answer to the unchanged image equals the label."""
    return _classes(model, images) == labels


def mean_probability(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
    """The mean probability of the labels' classes for the changed images."""
    return torch.softmax(model(change(images)), dim=1)[torch.arange(len(labels)), labels].mean()


def among_correct(hit: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The fraction for which `hit` holds, of the images that are classified correctly before the change."""

    def part(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
        before = was_correct(model, images, labels, change)
        return (hit(model, images, labels, change) & before).double().sum() / before.sum()

    return part


def is_kept(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
    """Whether the answer stays the same."""
    return _classes(model, change(images)) == _classes(model, images)
