"""Check `consistency(model, images, labels, change)`: the fraction of images whose class stays the same after a change.

Args: model, images, labels, change: as in exercise 1.3.
Returns: A number from 0 to 1.

Example:
    >>> consistency(lambda model, x, labels, change: (model(change(x)).argmax(1) == labels).double().mean()).misconception
    'compares_with_label'

Source: Zhang, ICML 2019, section 4 (there for two shifts).
"""

import torch

from stn_lib.exercises.ch01_invariance import network_answers as answers
from stn_lib.exercises.framework import Misconception, exercise

consistency = exercise(
    __name__,
    number="1.4",
    cases=answers.random_networks,
    oracle=answers.fraction(answers.is_kept),
    oracle_name="the definition",
    misconceptions={
        "percent": Misconception(answers.PERCENT, answers.fraction(answers.is_kept, 100.0)),
        "compares_with_label": Misconception(
            "You compare with the labels: that is accuracy. Consistency does not ask which answer is correct, only "
            "whether the answer stays the same.",
            answers.fraction(answers.is_correct),
            answers.fraction(answers.was_correct),
        ),
        "stays_correct": Misconception(
            "You count an image only if the answer is correct both times. An answer that stays wrong is consistent, too.",
            answers.fraction(lambda *a: answers.is_kept(*a) & answers.is_correct(*a)),
        ),
        "among_correct": Misconception(
            "You count only the images that were classified correctly before the change. Consistency is about ALL images.",
            answers.among_correct(answers.is_kept),
        ),
        "count": Misconception(
            "You do not divide the number of images that keep their class by the number of images.",
            answers.count(answers.is_kept),
            answers.over_classes(answers.is_kept),
        ),
        "not_averaged": Misconception(
            "You return one value for each image. Return their mean.",
            lambda *a: answers.is_kept(*a).double(),
        ),
        "probabilities": Misconception(
            "You compare probabilities. Consistency compares classes: `argmax` first.",
            lambda model, x, labels, change: 1 - (model(x).softmax(1) - model(change(x)).softmax(1)).abs().mean(),
            lambda model, x, labels, change: (model(x).softmax(1) * model(change(x)).softmax(1)).sum(1).mean(),
        ),
        "changed_twice": Misconception(
            "You compare two changed images. Compare the classes of `images` with those of `change(images)`.",
            lambda model, x, labels, change: (
                (model(change(x)).argmax(1) == model(change(change(x))).argmax(1)).double().mean()
            ),
            lambda model, x, labels, change: (model(x).argmax(1) == model(change(change(x))).argmax(1)).double().mean(),
        ),
        "same_image_twice": Misconception(
            "Your answer is 1 for every network. Compare the classes of `images` with those of `change(images)`.",
            lambda *a: 1.0,
        ),
        "accuracies_compared": Misconception(
            "You compare totals, such as two accuracies. The totals can be equal although many answers differ: compare the "
            "classes image by image.",
            lambda model, x, labels, change: (
                torch.minimum(*(model(z).argmax(1).bincount(minlength=9) for z in (x, change(x)))).sum() / len(x)
            ),
            lambda *a: 1 - (answers.fraction(answers.was_correct)(*a) - answers.fraction(answers.is_correct)(*a)).abs(),
            lambda *a: answers.fraction(answers.was_correct)(*a) - answers.fraction(answers.is_correct)(*a),
            lambda *a: answers.fraction(answers.is_correct)(*a) - answers.fraction(answers.was_correct)(*a),
            lambda *a: answers.fraction(answers.is_correct)(*a) / answers.fraction(answers.was_correct)(*a),
        ),
        "equally_correct": Misconception(
            "You compare “correct or wrong” before and after. Two different wrong classes are two answers: compare the classes.",
            answers.fraction(lambda *a: answers.is_correct(*a) == answers.was_correct(*a)),
        ),
        "changes": Misconception(
            "This is the fraction of answers that CHANGE. Count those that stay the same.",
            answers.fraction(lambda *a: ~answers.is_kept(*a)),
            answers.fraction(lambda *a: ~answers.is_kept(*a), 100.0),
            lambda *a: (~answers.is_kept(*a)).double().sum(),
        ),
        "compares_logits": Misconception(
            "You compare the logits, which nearly always change a little. Compare the classes: `argmax` first.",
            answers.fraction(lambda model, x, labels, change: (model(change(x)) == model(x)).all(dim=1)),
            answers.fraction(lambda model, x, labels, change: model(change(x)) == model(x)),
            answers.fraction(lambda model, x, labels, change: model(change(x)).amax(1) == model(x).amax(1)),
        ),
        "correct_or_kept": Misconception(
            "You also count an image if its answer is correct, although the answer changes. Count it only if both classes are "
            "the same.",
            answers.fraction(lambda *a: answers.is_kept(*a) | answers.was_correct(*a)),
            answers.fraction(lambda *a: answers.is_kept(*a) | answers.is_correct(*a)),
        ),
        "all_or_nothing": Misconception(
            "Your answer is 1 if ALL images keep their class, and 0 if not. Return the fraction of images that do, with `/`, not `//`.",
            lambda *a: answers.is_kept(*a).all().double(),
        ),
        "wrong_axis": Misconception(
            "You take `argmax` over the images. The logits are (N, classes): `argmax(dim=1)`.",
            lambda model, x, labels, change: (model(change(x)).argmax(0) == model(x).argmax(0)).double().mean(),
        ),
    },
)
