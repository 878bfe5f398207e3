"""The forms of an answer: which are accepted, and what a result says about the others."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from stn_lib.exercises.framework import Case, Exercise, Misconception, run

IMAGES = [torch.arange(6.0).double().reshape(2, 3) * k for k in range(1, 5)]


def exercise(oracle, **fields):
    """An exercise about small images, with the misconception of a wrong sign."""
    negative = Misconception("The sign is wrong.", lambda image: -torch.as_tensor(oracle(image), dtype=torch.float64))
    fields = {"misconceptions": {"negative": negative}} | fields
    cases = [Case({"image": image}) for image in IMAGES]
    return Exercise(name="f", number="0.1", cases=lambda g: cases, oracle=oracle, oracle_name="f", **fields)


DOUBLED = exercise(lambda image: 2 * image)
LARGEST = exercise(lambda image: image.max())
SIDES = exercise(lambda image: (image.sum(), image.mean()))
IS_LARGE = exercise(lambda image: bool(image.max() > 12), misconceptions={})

FORMS = {
    "float32": lambda v: v.float(),
    "array": lambda v: v.numpy(),
    "float32 array": lambda v: v.numpy().astype("float32"),
    "flipped array": lambda v: v.flip(0).numpy()[::-1] if v.ndim else v.numpy(),
    "list": lambda v: v.tolist(),
    "list of tensors": lambda v: list(v) if v.ndim else v,
    "list of arrays": lambda v: [part.numpy() for part in v] if v.ndim else v,
    "tuple": lambda v: tuple(map(tuple, v.tolist())) if v.ndim == 2 else v,
    "with a gradient": lambda v: v.clone().requires_grad_(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("which", [DOUBLED, LARGEST, SIDES], ids=["image", "number", "numbers"])
def test_the_correct_numbers_pass_in_every_form_and_a_mistake_keeps_its_name(which, form):
    def correct(image):
        value = which.oracle(image)
        return torch.stack(value) if isinstance(value, tuple) else value

    assert run(which, lambda image: form(correct(image))).passed
    assert run(which, lambda image: form(-correct(image))).misconception == "negative"


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.float16, torch.bfloat16])
def test_whole_numbers_pass_in_types_that_hold_them(dtype):
    assert run(DOUBLED, lambda image: (2 * image).to(dtype)).passed


@pytest.mark.parametrize(
    "form",
    [
        float,
        int,
        np.float64,
        np.float32,
        np.int64,
        lambda v: np.array(float(v)),
        lambda v: np.array([float(v)]),
        lambda v: v.reshape(1),
        lambda v: v.reshape(1, 1),
        lambda v: [v],
        lambda v: Fraction(int(v)),
    ],
)
def test_one_number_in_any_type(form):
    assert run(LARGEST, lambda image: form(image.max())).passed
    assert run(LARGEST, lambda image: form(-image.max())).misconception == "negative"


@pytest.mark.parametrize("form", [bool, np.bool_, torch.tensor, lambda v: torch.tensor([v]), int, float])
def test_true_or_false(form):
    assert run(IS_LARGE, lambda image: form(bool(image.max() > 12))).passed
    result = run(IS_LARGE, lambda image: form(bool(image.max() <= 12)))
    assert (result.status, result.agreed) == ("failed", 0)
    assert "False" in repr(result) and "Largest difference" not in repr(result) + result.html()


def test_flags_are_shown_in_the_words_of_the_oracle():
    """In any form, and in both columns; what is no flag is shown as it is."""
    flags = exercise(lambda image: image > 3, misconceptions={})
    for form in (lambda v: v, lambda v: v.int(), lambda v: v.numpy(), lambda v: v.tolist()):
        line = repr(run(flags, lambda image, form=form: form(image > 4))).split("\n")[-1]
        assert line.split() == ["False", "True", "True", "False", "False", "True"]  # of the row 3, 4, 5
    line = repr(run(flags, lambda image: image / 2)).split("\n")[-1]
    assert line.split() == ["False", "True", "True", "1.5", "2", "2.5"]


def test_true_or_false_in_other_words_is_refused():
    assert "Expected True or False, got str 'dead'." in repr(run(IS_LARGE, lambda image: "dead"))
    assert "Expected one number" in repr(run(LARGEST, lambda image: True))


def test_an_answer_that_is_rounded_too_far_is_told_so():
    def low(image):
        return (2 * image).float() * 1.0001

    result = run(DOUBLED, low)
    assert (result.status, result.misconception) == ("failed", None)
    assert "nearly correct, but rounded: compute in float64" in repr(result)
    assert "nearly correct" not in repr(run(DOUBLED, lambda image: 3 * image.float()))
    assert "nearly correct" not in repr(run(DOUBLED, lambda image: 2.001 * image))


def test_no_message_holds_the_numbers_of_an_array():
    for answer in (np.full((50, 50), 3.25), [np.full(50, 3.25)], {"a": np.full((50, 50), 3.25)}):
        result = run(LARGEST, lambda image, answer=answer: answer)
        note = result.notes()[0]
        assert result.status == "failed" and len(note) < 200 and "\n" not in note
    assert "got a float64 numpy array of shape (50, 50)" in repr(run(LARGEST, lambda image: np.zeros((50, 50))))


def test_a_forgotten_return_is_named():
    def forgets(image):
        doubled = 2 * image
        print(doubled)

    result = run(DOUBLED, forgets)
    assert result.status == "failed"
    assert repr(result).split("\n") == [
        "✗ Exercise 0.1 · f: not yet",
        "  Your function returns nothing: add a `return` line with its result (`print` only shows a value).",
    ]
    assert "NotImplementedError" not in result.html() and "<code>return</code>" in result.html()


def test_a_function_without_a_body_waits():
    def only_a_docstring(image):
        """Double an image."""

    def only_pass(image):
        pass

    for blank in (only_a_docstring, only_pass, lambda image: None, lambda image: ...):
        assert run(DOUBLED, blank).status == "unanswered"


def test_a_return_is_missing_on_one_branch_only():
    def forgetful(image):
        if image.max() < 12:
            return 2 * image

    result = run(DOUBLED, forgetful)
    assert result.status == "failed" and "is a `return` missing on one branch?" in repr(result)


def test_errors_about_types_come_with_their_cure():
    assert "dtype=torch.float64" in repr(run(DOUBLED, lambda image: image @ torch.eye(3)))
    assert "torch.from_numpy" in repr(run(DOUBLED, lambda image: torch.stack([image.numpy(), image.numpy()])))
    other = run(DOUBLED, lambda image: image @ image)
    assert other.actual.problem == "crash" and "float64" not in repr(other)
