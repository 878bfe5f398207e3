"""The framework: what a result says for every way in which a learner's function can end."""

import math
import re
from html.parser import HTMLParser

import pytest
import torch

from stn_lib.exercises import ch05_sampling as check
from stn_lib.exercises.framework import Case, Exercise, Misconception, random_image, random_size, run
from stn_lib.exercises.framework.call_result import call_learner


def same(cases, **fields):
    """An exercise that asks for its input."""
    fields = {"oracle": lambda x: x, "oracle_name": "the input", "misconceptions": {}} | fields
    return Exercise(name="same", number="0.1", cases=lambda generator: cases, **fields)


def stub_with_words(*args, **kwargs):
    raise NotImplementedError("write me")


class Balance(HTMLParser):
    """Counts open elements, and keeps what a reader of the page meets."""

    def __init__(self):
        super().__init__()
        self.open, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def parse(result):
    parser = Balance()
    parser.feed(result._repr_html_())
    assert parser.open == []
    return parser


def test_a_stub_is_one_quiet_line():
    result = check.nearest(stub_with_words)
    line = r"Exercise 5\.3 waits for you\. Replace the line `raise NotImplementedError` .*"
    assert re.fullmatch(line, repr(result))
    assert "Traceback" not in result._repr_html_()
    assert "<table" not in result._repr_html_()


def test_a_stub_without_source_is_unanswered_too():
    space = {}
    exec("def f(image, x, y):\n    raise NotImplementedError", space)
    assert check.bilinear(space["f"]).status == "unanswered"


def test_an_operation_that_torch_lacks_is_no_stub():
    def lacking(image, x, y):
        return image.to("meta").cpu()

    with pytest.raises(NotImplementedError):
        lacking(torch.zeros(2, 3), 0.0, 0.0)
    assert check.bilinear(lacking).actual.crash.kind == "NotImplementedError"


def test_a_pass_is_quiet_and_says_over_how_many_cases():
    result = check.shrink(lambda image, k: torch.nn.functional.avg_pool2d(image[None, None], k)[0, 0])
    assert result.passed
    first, second = repr(result).split("\n")
    assert first == "✓ Exercise 5.5 · shrink: correct"
    assert second == "  The same as torch's `avg_pool2d` in all 12 cases."
    assert "<table" not in result._repr_html_()


def test_a_crash_shows_the_learners_line_and_not_ours():
    def helper(row):
        return row[99]

    def crashing(image, x, y):
        return helper(image[0])

    result = check.bilinear(crashing)
    text = repr(result)
    assert result.actual.problem == "crash"
    assert "Your code raised IndexError" in text
    assert "helper, line " in text and "return row[99]" in text
    assert "call_result.py" not in text and "Traceback" not in text


def test_wrong_arguments_are_a_crash_with_a_sentence():
    text = repr(check.bilinear(lambda image: 0.0))
    assert "Your code raised TypeError" in text
    assert "takes 1 positional argument but 3 were given" in text


def test_a_result_in_the_place_of_the_function():
    text = repr(check.bilinear(torch.zeros(2, 3)))
    assert "Expected your function, got a float32 tensor of shape (2, 3)" in text
    parse(check.bilinear(3.0))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("five", "Expected one number (a float, or a tensor without axes), got str 'five'."),
        (True, "got bool True"),
        (torch.zeros(1, 2), "got a float32 tensor of shape (1, 2)"),
        (torch.zeros(0), "got a float32 tensor of shape (0,)"),
        (torch.tensor(1j), "got a complex64 tensor of shape ()"),
        (math.nan, "Your answer holds NaN or infinity"),
    ],
)
def test_wrong_types_and_values_are_named(answer, words):
    result = check.bilinear(lambda image, x, y: answer)
    assert not result.passed
    assert words in repr(result)
    parse(result)


@pytest.mark.parametrize(
    ("convert", "words"),
    [
        (
            lambda v: v[None],
            "Expected a tensor of shape (1, 2), got a float64 tensor of shape (1, 1, 2): drop an axis",
        ),
        (lambda v: v.T, "Rows and columns are exchanged"),
        (lambda v: [[1.0], [1.0, 1.0]], "got a list of length 2, whose parts have different lengths or no numbers"),
        (lambda v: v * 1j, "got a complex128 tensor of shape (1, 2)"),
        (lambda v: v > 0, "got a bool tensor of shape (1, 2)"),
        (lambda v: v * math.inf, "NaN or infinity"),
        (lambda v: torch.zeros(1000, 1000), "got a float32 tensor of shape (1000, 1000)"),
    ],
)
def test_wrong_images_are_named(convert, words):
    exercise = same([Case({"image": torch.ones(1, 2).double()})])
    result = run(exercise, convert and (lambda image: convert(image)))
    assert words in repr(result)
    assert len(parse(result).text) < 6000


def test_a_return_missing_on_one_branch():
    def forgetful(image, x, y):
        return 0.0 if x > 1 else None

    assert "is a `return` missing on one branch?" in repr(check.bilinear(forgetful))


def test_the_learner_cannot_change_the_case():
    def greedy(image, x, y):
        value = right(image, x, y)
        image.zero_()
        return value

    def right(image, x, y):
        height, width = image.shape
        row, column = round(y), round(x)
        return image[row, column].clone() if 0 <= row < height and 0 <= column < width else 0.0

    assert check.nearest(greedy).passed
    case = Case({"image": torch.ones(2, 3)})
    call_learner(lambda image: image.zero_().sum(), case, torch.tensor(0.0))
    assert case.inputs["image"].sum() == 6


def test_the_smallest_failing_case_is_shown_side_by_side():
    result = check.shrink(lambda image, k: image[::k, ::k])
    sizes = [case.weight for case in check.shrink.exercise.cases(torch.Generator().manual_seed(0))]
    assert result.case.weight == min(sizes)
    text = repr(result)
    assert re.search(r"expected +yours", text)
    assert re.search(r"Largest difference: [\d.]+ at row \d+, column \d+\.", text)
    page = parse(result)
    assert "≠ " in page.text
    assert page.text.count("expected") >= 1 and page.text.count("yours") >= 1


def test_images_are_never_square_and_hold_no_equal_pixels():
    generator = torch.Generator().manual_seed(3)
    for _ in range(300):
        height, width = random_size(generator)
        assert height != width and min(height, width) >= 2 and max(height, width) <= 5
        image = random_image(generator, (height, width))
        assert image.unique().numel() == height * width and image.min() == 1


def test_cases_are_reproducible():
    first, again, other = (check.warp.exercise.cases(torch.Generator().manual_seed(s)) for s in (0, 0, 1))
    assert all(torch.equal(a.inputs["theta"], b.inputs["theta"]) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[-1].inputs["theta"], other[-1].inputs["theta"])


def test_a_coincidence_names_nothing():
    # Two cases only in which the misconception shows: too few to be sure.
    cases = [Case({"x": x}) for x in (0.0, 0.0, 0.0, 0.0, 1.0, 2.0)]
    doubled = Misconception("You doubled it.", lambda x: 2 * x)
    exercise = same(cases, misconceptions={"doubled": doubled})
    result = run(exercise, lambda x: 2 * x)
    assert (result.status, result.misconception) == ("failed", None)
    cases.append(Case({"x": 3.0}))
    assert run(exercise, lambda x: 2 * x).misconception == "doubled"
    assert run(exercise, lambda x: 2 * x if x < 3 else 7.0).misconception is None


def test_data_is_escaped():
    def nasty(image, x, y):
        raise ValueError("<script>alert('1')</script> & `<b>`")

    page = check.bilinear(nasty)._repr_html_()
    assert "<script" not in page and "<b>" not in page
    assert "&lt;script&gt;" in page
    parse(check.bilinear(nasty))
    assert "<img" not in check.bilinear("<img src=x>")._repr_html_()


def test_the_page_can_be_read_by_keyboard_and_in_both_themes():
    result = check.warp(lambda image, theta, out_size, align_corners=False: image.new_zeros(out_size))
    page = parse(result)
    boxes = [a for a in page.attributes if a[1:] == ("class", "stn-check-scroll")]
    assert len(boxes) == sum(a[1:] == ("tabindex", "0") for a in page.attributes) >= 4
    assert sum(a[1] == "aria-label" for a in page.attributes) == len(boxes)
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b", result.html())
    styles = [value for _, name, value in page.attributes if name == "style"]
    assert all(re.fullmatch(r"--v:[\d.]+", style) for style in styles)
    assert 'html[data-theme="dark"]' in result._repr_html_()


def test_a_mistake_that_fails_in_some_cases_is_named_and_one_that_fails_in_all_is_not():
    """The same error in the same cases, and the same values in the others."""
    cases = [Case({"x": torch.arange(float(k))}) for k in range(1, 7)]

    def shortened(x):
        return x.view(3) + 1 if len(x) < 4 else x + 1  # RuntimeError where x has one or two numbers

    mistakes = {"added": Misconception("You add 1.", shortened)}
    named = run(same(cases, misconceptions=mistakes), lambda x: x.reshape(3) + 1.0 if len(x) < 4 else 1.0 + x)
    assert named.misconception == "added" and named.actual.problem == "crash"
    assert run(same(cases, misconceptions=mistakes), lambda x: x + 1).misconception is None
    only_errors = {"added": Misconception("You add 1.", lambda x: x.view(99))}
    assert run(same(cases, misconceptions=only_errors), lambda x: x.reshape(99)).misconception is None
