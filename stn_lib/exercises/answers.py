"""The exercises about a network's answers under a change: accuracy and consistency, and how they are mixed up.

Convention: a network maps pictures (N, 1, H, W) to logits (N, classes); a share runs from 0 to 1.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.attempt import Case, Named
from stn_lib.exercises.draw import draw_integer
from stn_lib.exercises.frame import Exercise, Misconception

CHANGES = (
    Named("one pixel to the right", lambda x: F.pad(x, (1, -1, 0, 0))),
    Named("upside down", lambda x: x.flip(2)),
    Named("half the light", lambda x: x / 2),
    Named("mirrored", lambda x: x.flip(3)),
)


def _draw_models(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(14):
        count, classes = draw_integer(generator, 18, 24), draw_integer(generator, 3, 4)
        weights = torch.randn(classes, 12, generator=generator, dtype=torch.float64)
        bias = torch.randn(classes, generator=generator, dtype=torch.float64)
        images = torch.rand(count, 1, 3, 4, generator=generator, dtype=torch.float64)

        def answer(x: Tensor, weights: Tensor = weights, bias: Tensor = bias) -> Tensor:
            return x.flatten(1) @ weights.T + bias

        # A little better than guessing, so that right, wrong, kept and changed answers all occur.
        labels = answer(images).argmax(1)
        noise = torch.randint(classes, (count,), generator=generator)
        labels = torch.where(torch.rand(count, generator=generator) < 0.4, noise, labels)
        model = Named(f"a network with {classes} classes", answer)
        cases.append(Case({"model": model, "images": images, "labels": labels, "change": CHANGES[k % len(CHANGES)]}))
    return cases


def _classes(model: Any, images: Tensor) -> Tensor:
    return model(images).argmax(dim=1)


def _share(hit: Callable[..., Tensor], scale: float = 1.0) -> Callable[..., Tensor]:
    return lambda model, images, labels, change: scale * hit(model, images, labels, change).double().mean()


def _right(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
    return _classes(model, change(images)) == labels


def _right_before(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
    return _classes(model, images) == labels


def _kept(model: Any, images: Tensor, labels: Tensor, change: Any) -> Tensor:
    return _classes(model, change(images)) == _classes(model, images)


_PERCENT = "Your numbers are percent. Give a share from 0 to 1."

ACCURACY = Exercise(
    "1.3",
    "accuracy_under",
    _draw_models,
    _share(_right),
    "the definition",
    (
        Misconception("percent", _PERCENT, (_share(_right, 100.0),)),
        Misconception(
            "change_forgotten",
            "This is the accuracy on the pictures as they are. Give the network `change(images)`.",
            (_share(_right_before),),
        ),
        Misconception(
            "error",
            "This is the share of WRONG answers. Count those that equal the label.",
            (_share(lambda *a: ~_right(*a)),),
        ),
        Misconception(
            "compares_with_prediction",
            "You compare with what the network said before the change: that is consistency (exercise 1.4). Compare with the "
            "labels.",
            (_share(_kept),),
        ),
        Misconception(
            "count",
            "This is the number of right answers. Divide by the number of pictures.",
            (lambda *a: _right(*a).double().sum(),),
        ),
        Misconception(
            "both",
            "You count a picture only if it was read right before the change as well. Ask only about the changed one.",
            (_share(lambda *a: _right(*a) & _right_before(*a)),),
        ),
    ),
    tolerance=1e-6,
)

CONSISTENCY = Exercise(
    "1.4",
    "consistency",
    _draw_models,
    _share(_kept),
    "the definition",
    (
        Misconception("percent", _PERCENT, (_share(_kept, 100.0),)),
        Misconception(
            "compares_with_label",
            "You compare with the labels: that is accuracy. Consistency does not ask what is right, only whether the answer "
            "stays.",
            (_share(_right), _share(_right_before)),
        ),
        Misconception(
            "stays_right",
            "You count a picture only if the answer is right both times. An answer that stays wrong is consistent, too.",
            (_share(lambda *a: _kept(*a) & _right(*a)),),
        ),
        Misconception(
            "equally_right",
            "You compare “right or wrong” before and after. Two different wrong classes are two answers: compare the classes.",
            (_share(lambda *a: _right(*a) == _right_before(*a)),),
        ),
        Misconception(
            "changes",
            "This is the share of answers that CHANGE. Count those that stay.",
            (_share(lambda *a: ~_kept(*a)),),
        ),
        Misconception(
            "compares_logits",
            "You compare the logits, which nearly always change a little. Compare the classes: `argmax` first.",
            (
                _share(lambda model, x, labels, change: (model(change(x)) == model(x)).all(dim=1)),
                _share(lambda model, x, labels, change: model(change(x)) == model(x)),
                _share(lambda model, x, labels, change: model(change(x)).amax(1) == model(x).amax(1)),
            ),
        ),
    ),
    tolerance=1e-6,
)
