"""Questions by hand: the numbers of every draw, what is refused, and how the page judges an entry."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

from stn_lib.widgets import ByHand
from stn_lib.widgets.by_hand import _draws, _questions, _texts
from tests.widgets.javascript import module

MODEL = "by_hand/model.js"
DIVIDED = "You divided by the scale: multiply."
ADDED = "You added {a}: multiply."


def corner(**other):
    """A question with two fields, two misconceptions and two hints."""
    return ByHand(
        **{
            "name": "test-corner",
            "question": "θ = {a}·I. Which source point does the output corner (1, {b}) sample?",
            "fields": ("x", "y"),
            "first": {"a": 2.0, "b": -1},
            "draw": lambda rng: {"a": rng.choice([0.5, 3.0, 4.0]), "b": rng.choice([1, -1])},
            "answer": lambda a, b: (a, a * b),
            "misconceptions": {DIVIDED: lambda a, b: (1 / a, b / a), ADDED: lambda a, b: (1 + a, b + a)},
            "hints": ("θ maps output to input.", "Multiply by {a}."),
            "solution": "({a} · 1, {a} · {b:()}) = ({x0}, {x1})",
        }
        | other
    )


@pytest.fixture(autouse=True)
def no_names():
    """Each test may use a name again."""
    _questions.clear()


def test_every_draw_holds_what_the_functions_give():
    """Oracle: the formulas, once more, on the numbers that the texts show."""
    draws = corner().draws
    assert len(draws) == 1 + 3 * 2
    for row in draws:
        a, b = (float(text.strip("()").replace("\u2212", "-")) for text in row["shown"][:2])
        assert row["answer"] == [a, a * b]
        assert row["wrong"] == [[1 / a, b / a], [1 + a, b + a]]


def test_the_same_name_draws_the_same_numbers_again_and_none_of_them_twice():
    """Oracle: a second widget."""
    wide = {"draw": lambda rng: {"a": rng.randint(3, 99), "b": rng.choice([-1, 1])}}
    one, two, other = corner(**wide), corner(**wide), corner(name="test-other", **wide)
    assert one.draws == two.draws != other.draws
    assert len(one.draws) == 25 and len({tuple(row["shown"]) for row in one.draws}) == 25


def test_texts_show_the_numbers_of_their_draw():
    """Oracle: by hand."""
    ask = corner()
    assert ask.text(ask.texts["question"]) == "θ = 2·I. Which source point does the output corner (1, \u22121) sample?"
    assert ask.text(ask.texts["solution"]) == "(2 · 1, 2 · (\u22121)) = (2, \u22122)"
    assert ask.text(ask.texts["mistakes"][1]) == "You added 2: multiply."
    assert ask.text(ask.texts["hints"][1]) == "Multiply by 2."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.0, "2"), (-0.25, "\u22120.25"), (1 / 3, "0.333333"), (0.1 + 0.2, "0.3"), (-0.0, "0"), (1234567, "1234567"),
        (2.5e-5, "2.5e\u221205"), (-1e-9, "\u22121e\u221209"), (100, "100"), ([1, 0, -1], "1, 0, \u22121"), ("left", "left"),
        (Fraction(1, 4), "0.25"), (np.float32(0.5), "0.5"), (np.int64(3), "3"),
    ],
)  # fmt: skip
def test_a_number_is_shown_without_needless_digits(value, shown):
    """Oracle: by hand."""
    assert _texts.plain(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{a:()} · {b:()}", "(\u22122) · 3"), ("x {a:+}", "x \u2212 2"), ("x {b:+}", "x + 3"), ("{b:.2f}", "3.00"),
        ("{a:.1f}", "\u22122.0"), ("{bits[1]} of {bits}", "0 of 1, 0, 1"), ("{{a}} and {a}", "{a} and \u22122"),
    ],
)  # fmt: skip
def test_a_text_may_say_how_a_number_is_shown(text, shown):
    """Oracle: by hand."""
    ask = ByHand("test-text", text, ("x",), first={"a": -2, "b": 3, "bits": [1, 0, 1]}, answer=lambda: 1, solution="1")
    assert ask.text(ask.texts["question"]) == shown


def test_functions_take_the_inputs_that_they_name():
    """Oracle: by hand."""
    first = {"a": 1, "b": 2, "name": "word"}
    functions = {
        "One.": lambda b: b * 10,
        "Two.": lambda **all_of_them: len(all_of_them) * 100,
        "Three.": lambda k=4: k,
    }
    ask = ByHand("test-names", "?", ("x",), first=first, answer=lambda a: a, misconceptions=functions, solution="1")
    assert ask.draws[0]["answer"] == [1] and ask.draws[0]["wrong"] == [[20], [300], [4]]


def test_numbers_of_numpy_and_fractions_are_numbers():
    """Oracle: by hand."""
    ask = ByHand("test-types", "?", ("x", "y"), answer=lambda: np.array([1, 0.5]), solution="1",
                 misconceptions={"Wrong.": lambda: (Fraction(1, 4), np.float32(2))})  # fmt: skip
    assert ask.draws[0]["answer"] == [1, 0.5] and ask.draws[0]["wrong"] == [[0.25, 2]]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"name": "two words"}, "expected a name of letters, digits and hyphens, got 'two words': write it as in"),
        ({"fields": ()}, "expected one to six different labels of fields, got"),
        ({"fields": "x"}, "expected one to six different labels of fields, got 'x': write fields="),
        ({"fields": ("x", "x")}, "expected one to six different labels"),
        ({"fields": tuple("abcdefg")}, "expected one to six different labels"),
        ({"hints": "one"}, "expected a sequence of hints, got the text 'one': write hints="),
        ({"hints": ("",)}, "expected a text for a hint, got ''"),
        ({"decimals": 2.0}, "expected decimals to be a whole number from 0 to 6, got 2.0"),
        ({"decimals": 7}, "expected decimals to be a whole number from 0 to 6, got 7"),
        ({"first": {"a": 2.0, "b": 1, "x0": 1}}, "expected other names of inputs than x0, x1"),
        ({"question": "What is {c}?"}, "expected the question to use a, b, got {c} in 'What is {c}.': name an input"),
        ({"question": "What is {x0}?"}, "expected the question to use a, b, got {x0}"),
        ({"hints": ("{x0}",)}, "expected a hint to use a, b, got {x0}"),
        ({"solution": "{x2}"}, "expected the solution to use a, b, x0, x1, got {x2}"),
        ({"misconceptions": {"You {c}.": lambda: (0, 0)}}, "expected a misconception to use a, b, got {c}"),
        ({"question": "half a { brace"}, "expected {name} or doubled braces in the question, got"),
        ({"question": " "}, "expected a text for the question, got ' '"),
        ({"answer": (1, 2)}, "expected answer to be a function of the inputs, got .1, 2.: write lambda"),
        ({"answer": lambda c: (c, c)}, r"expected answer to be a function of the inputs \(a, b\), got the parameter c"),
        ({"answer": lambda a: a}, r"expected 2 number\(s\) from answer, one for each field \(x, y\), got 2.0"),
        ({"answer": lambda a: (a, "b")}, r"expected 2 number\(s\) from answer"),
        ({"answer": lambda a: None}, r"expected 2 number\(s\) from answer, .* got None"),
        ({"answer": lambda a: (a, math.inf)}, "expected finite numbers from answer, got .* choose other inputs"),
        ({"misconceptions": {"W.": lambda a: (a, math.nan)}}, "expected finite numbers from the misconception 'W.', got"),
        ({"misconceptions": {"W.": lambda a: (a,)}}, r"expected 2 number\(s\) from the misconception 'W.'"),
        ({"misconceptions": {"W.": lambda a, b: (a + 0.004, a * b)}}, "expected 'W.' to give other numbers than 'the correct answer'"),
        ({"misconceptions": {"V.": lambda a: (0, 1), "W.": lambda a: (0, 1.004)}}, "expected 'W.' to give other numbers than 'V.', got"),
        ({"draw": lambda rng: {"a": 1}}, "expected draw to return the inputs a, b, got {'a': 1}: name them as in"),
        ({"draw": lambda rng: {"a": 2.0, "b": -1}}, "expected draw to return other inputs whose answers can be told apart, got none"),
        ({"draw": lambda rng: {"a": 1.0, "b": 1}}, "expected draw to return other inputs"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(other, message):
    """Oracle: the message: what was expected, what came, what to do."""
    with pytest.raises(ValueError, match=message.replace("{", r"\{").replace("}", r"\}")):
        corner(**other)


def test_draws_that_cannot_be_told_apart_or_divide_by_zero_are_left_out():
    """Oracle: by hand: a = 1 divides as it multiplies, 0 cannot be divided by, and 2 is the first one."""
    ask = ByHand(
        "test-skip", "{a}", ("x",), first={"a": 2}, draw=lambda rng: {"a": rng.randint(0, 4)}, answer=lambda a: a,
        misconceptions={"You divided.": lambda a: 1 / a}, solution="{a}",
    )  # fmt: skip
    assert sorted(row["answer"][0] for row in ask.draws) == [2, 3, 4]


def test_a_name_of_two_questions_is_warned_of_and_the_same_cell_again_is_not():
    """Oracle: the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corner()
        corner()
    with pytest.warns(UserWarning, match="expected one question for each name, got 'test-corner'"):
        corner(question="Another one: {a}?")


@pytest.mark.parametrize(
    ("one", "other", "decimals", "expected"),
    [
        ((1.0,), (1.0,), 2, True), ((1.0,), (1.004,), 2, True), ((1.0,), (1.01,), 2, False), ((0.336,), (0.344,), 2, True),
        ((3.2,), (3.9,), 0, False), ((3.2,), (3.4,), 0, True), ((1, 2), (1, 2.02), 2, False), ((1, 2), (1.001, 2.001), 2, True),
    ],
)  # fmt: skip
def test_two_answers_are_alike_if_one_may_be_taken_for_the_other(one, other, decimals, expected):
    """Oracle: by hand: 0.336 and 0.344 both round to 0.34."""
    assert _draws.alike(one, other, decimals) is expected is _draws.alike(other, one, decimals)


def test_without_javascript_question_and_solution_stand_there():
    """Oracle: the text, escaped."""
    ask = corner(question="is {a} < <b>?", solution="{x0} & {x1}")
    assert "is 2 &lt; &lt;b&gt;?" in ask._fallback and "<b>" not in ask._fallback
    assert "<summary>Show the solution</summary>" in ask._fallback and "2 &amp; \u22122" in ask._fallback


# ---- the page's own arithmetic ----

NUMBERS = {
    "2": 2, " 0.5 ": 0.5, "0,5": 0.5, ".5": 0.5, "5.": 5, "-2": -2, "\u22122": -2, "\u20132,25": -2.25, "+3": 3,
    "\u2212 2": -2, "1/3": 1 / 3, "-3/4": -0.75, "\u22123 / 4": -0.75, "3/-4": -0.75, "1,5/2": 0.75, "1\u20442": 0.5,
    "1e-3": 0.001, "2E2": 200, "0": 0, "-0": 0, "007": 7,
}  # fmt: skip
NONSENSE = [
    "", " ", "abc", "1 2", "1 1/2", "1/0", "0/0", "1/2/3", "/2", "2/", "1.2.3", "1,234.5", "--1", "-", ".", "1e400", "e5",
    "NaN", "Infinity", "0x10", "50 %", "2a", "x = 2", "2 · 3", "1_000", "(1)", "\u00bd", "true", "null",
]  # fmt: skip


def test_numbers_are_understood_as_people_write_them(call):
    """Oracle: by hand."""
    found = call(module(MODEL), "(m, texts) => texts.map(m.parse)", list(NUMBERS))
    assert found == pytest.approx(list(NUMBERS.values()))


def test_other_text_is_no_number(call):
    """Oracle: by hand."""
    assert call(module(MODEL), "(m, texts) => texts.filter((text) => m.parse(text) !== null)", NONSENSE) == []


def judge(call, rows):
    """What the page says of entries: rows of (entries, draw, decimals)."""
    return call(module(MODEL), "(m, rows) => rows.map((row) => m.judge(...row))", rows)


def test_fields_are_judged_one_by_one(call):
    """Oracle: by hand."""
    draw = {"answer": [2, -2], "wrong": [[0.5, -0.5], [3, -2]]}
    given = [["2", "-2"], ["2", "2"], ["1/2", "-,5"], ["3", "-2"], ["3", ""], ["x", "-2"], [" ", "y"], ["1.995", "-2.004"],
             ["2.0051", "-2"]]  # fmt: skip
    found = judge(call, [[entries, draw, 2] for entries in given])
    assert [(row["kind"], row["fields"], row["mistake"]) for row in found] == [
        ("correct", ["right", "right"], -1), ("incorrect", ["right", "wrong"], -1), ("incorrect", ["wrong", "wrong"], 0),
        ("incorrect", ["wrong", "right"], 1), ("missing", ["", "empty"], -1), ("missing", ["unreadable", ""], -1),
        ("missing", ["empty", "unreadable"], -1), ("correct", ["right", "right"], -1), ("incorrect", ["wrong", "right"], -1),
    ]  # fmt: skip


def test_too_few_decimals_are_told_from_a_wrong_number(call):
    """Oracle: by hand: 0.667 is 0.7 to one decimal; without any, or with two of two, nothing is said of decimals."""
    draw = {"answer": [2 / 3, 0.43], "wrong": [[0.7, 0.1]]}
    given = [["0.7", "0,43"], [".7", "0.4 "], ["0.7", "0.5"], ["0.6", "0.4"], ["1", "0"], ["0.66", "0.43"], ["0.7", "0.1"],
             ["1.4/2", "0.43"]]  # fmt: skip
    found = judge(call, [[entries, draw, 2] for entries in given])
    assert [(row["kind"], row["fields"], row["mistake"]) for row in found] == [
        ("coarse", ["coarse", "right"], -1), ("coarse", ["coarse", "coarse"], -1), ("incorrect", ["coarse", "wrong"], -1),
        ("incorrect", ["wrong", "coarse"], -1), ("incorrect", ["wrong", "wrong"], -1), ("incorrect", ["wrong", "right"], -1),
        ("incorrect", ["wrong", "wrong"], 0), ("incorrect", ["wrong", "right"], -1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(15.45, 1, "15.5"), (24.35, 1, "24.4"), (0.125, 2, "0.13"), (-0.125, 2, "\u22120.13"), (2.625, 2, "2.63"), (2.5, 0, "3"),
     (1 / 3, 2, "0.33"), (2.0, 2, "2"), (-0.004, 2, "0"), (1.005, 2, "1.01")],
)  # fmt: skip
def test_the_solution_s_numbers_are_rounded_half_up(value, decimals, shown):
    """Oracle: by hand."""
    ask = ByHand("test-round", "?", ("x",), answer=lambda: value, solution="{x0}", decimals=decimals)
    assert ask.text(ask.texts["solution"]) == shown


def test_the_page_accepts_what_python_accepts(call):
    """Oracle: `accepts` of Python, on random numbers near the border."""
    rng = np.random.default_rng(0)
    rows = []
    for decimals in (0, 1, 2, 4):
        values = rng.normal(scale=10, size=200)
        entered = values + rng.uniform(-1, 1, 200) * 10.0**-decimals
        rows += [(v, e, decimals) for v, e in zip(values.tolist(), entered.tolist(), strict=True)]
    found = judge(call, [[[repr(e)], {"answer": [v], "wrong": []}, d] for v, e, d in rows])
    expected = [_draws.accepts((v,), (e,), d) for v, e, d in rows]
    assert [row["kind"] == "correct" for row in found] == expected and 0.3 < np.mean(expected) < 0.7


SHOWN = [{"shown": ["2"]}, {"shown": ["3"]}]


@pytest.mark.parametrize(
    ("kept", "recalled"),
    [
        (None, None), ("", None), ("{", None), ("null", None), ("5", None), ('"x"', None), ("[]", {"solved": False}),
        ('{"solved": true}', {"solved": True}), ('{"solved": 1}', {"solved": False}),
        ('{"shown": ["3"], "entries": ["1", "2"], "solved": true}', {"solved": True, "asked": 1, "entries": ["1", "2"]}),
        ('{"shown": ["4"], "entries": ["1", "2"], "solved": true}', {"solved": True}),
        ('{"shown": ["3"], "entries": ["1"]}', {"solved": False}),
        ('{"shown": ["3"], "entries": [1, 2]}', {"solved": False}),
        ('{"shown": ["3"], "entries": "12"}', {"solved": False}),
        ('{"shown": {"length": 1}, "entries": ["1", "2"]}', {"solved": False}),
        ('{"shown": ["3"], "entries": ["1", "' + 41 * "2" + '"]}', {"solved": False}),
    ],
)  # fmt: skip
def test_what_a_browser_kept_may_be_anything(call, kept, recalled):
    """Oracle: by hand."""
    assert call(module(MODEL), "(m, [kept, draws]) => m.recall(kept, draws, 2)", [kept, SHOWN]) == recalled
