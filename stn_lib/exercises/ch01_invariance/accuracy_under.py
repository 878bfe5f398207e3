"""Check `accuracy_under(model, images, labels, change)`: the fraction of changed images that are classified correctly.

Args: model: a network, images (N, 1, H, W) to logits (N, classes); images: float64 (N, 1, H, W); labels: integers
    (N,); change: a function of images, such as a shift.
Returns: A number from 0 to 1.

Example:
    >>> accuracy_under(lambda model, x, labels, change: (model(x).argmax(1) == labels).double().mean()).misconception
    'change_forgotten'
"""

import torch

from stn_lib.exercises.ch01_invariance import network_answers as answers
from stn_lib.exercises.framework import Misconception, exercise

accuracy_under = exercise(
    __name__,
    number="1.3",
    cases=answers.random_networks,
    oracle=answers.fraction(answers.is_correct),
    oracle_name="the definition",
    misconceptions={
        "percent": Misconception(answers.PERCENT, answers.fraction(answers.is_correct, 100.0)),
        "change_forgotten": Misconception(
            "This is the accuracy on the unchanged images. Give the network `change(images)`.",
            answers.fraction(answers.was_correct),
            answers.fraction(answers.was_correct, 100.0),
        ),
        "error": Misconception(
            "This is the fraction of WRONG answers. Count those that equal the label.",
            answers.fraction(lambda *a: ~answers.is_correct(*a)),
            answers.fraction(lambda *a: ~answers.is_correct(*a), 100.0),
            lambda *a: (~answers.is_correct(*a)).double().sum(),
        ),
        "compares_with_prediction": Misconception(
            "You compare with the network's answer before the change: that is consistency (exercise 1.4). Compare with the labels.",
            answers.fraction(answers.is_kept),
        ),
        "count": Misconception(
            "You do not divide the number of correct answers by the number of images.",
            answers.count(answers.is_correct),
            answers.over_classes(answers.is_correct),
        ),
        "not_averaged": Misconception(
            "You return one value for each image. Return their mean.",
            lambda *a: answers.is_correct(*a).double(),
        ),
        "rounded": Misconception(
            "You round the accuracy to 0 or 1. Return the fraction itself.",
            lambda *a: answers.fraction(answers.is_correct)(*a).round(),
        ),
        "both": Misconception(
            "You count an image only if it was classified correctly before the change as well. Only the answer to the "
            "changed image counts.",
            answers.fraction(lambda *a: answers.is_correct(*a) & answers.was_correct(*a)),
            answers.among_correct(answers.is_correct),
        ),
        "drop": Misconception(
            "You compare the accuracies before and after the change. Return the accuracy on the changed images itself.",
            lambda *a: answers.fraction(answers.was_correct)(*a) - answers.fraction(answers.is_correct)(*a),
            lambda *a: answers.fraction(answers.is_correct)(*a) - answers.fraction(answers.was_correct)(*a),
            lambda *a: answers.fraction(answers.is_correct)(*a) / answers.fraction(answers.was_correct)(*a),
            lambda *a: (answers.fraction(answers.is_correct)(*a) + answers.fraction(answers.was_correct)(*a)) / 2,
        ),
        "smallest": Misconception(
            "You take the class with the SMALLEST logit. Use `argmax`.",
            lambda model, x, labels, change: (model(change(x)).argmin(dim=1) == labels).double().mean(),
        ),
        "mean_probability": Misconception(
            "This is a mean probability. Accuracy counts classes: take `argmax` and compare with the label.",
            answers.mean_probability,
            lambda model, x, labels, change: model(change(x)).softmax(dim=1).amax(dim=1).mean(),
        ),
        "always_zero": Misconception(
            "Your answer is 0 for every network. Compare the POSITION of the largest logit, `argmax(dim=1)`, with the label, and "
            "divide by `/`, not by `//`.",
            lambda *a: 0.0,
        ),
        "one_image_changed": Misconception(
            "You change one image only. `change` takes all images at once: `change(images)`.",
            lambda model, x, labels, change: (
                (model(torch.cat([change(x[:1]), x[1:]])).argmax(dim=1) == labels).double().mean()
            ),
        ),
        "top_two": Misconception(
            "You accept a label that is among the two largest logits. Count an image only if the LARGEST logit is that of its label.",
            lambda model, x, labels, change: (
                (model(change(x)).topk(2, dim=1).indices == labels[:, None]).any(dim=1).double().mean()
            ),
        ),
        "changed_twice": Misconception(
            "You apply the change twice. Give the network `change(images)`.",
            lambda model, x, labels, change: (model(change(change(x))).argmax(dim=1) == labels).double().mean(),
        ),
        "one_image": Misconception(
            "You look at one image only. Return the mean over all images.",
            lambda *a: answers.is_correct(*a).double()[0],
            lambda *a: answers.is_correct(*a).double()[-1],
        ),
    },
)
