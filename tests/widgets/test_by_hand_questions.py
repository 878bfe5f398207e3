"""Every ByHand question of the book: its name is its own, its answer is accepted, each misconception is named."""

import ast
import json
import math
from pathlib import Path

import pytest

from stn_lib import widgets
from stn_lib.widgets import ByHand
from stn_lib.widgets.by_hand._draws import accepts
from tests.widgets.javascript import module

BOOK = Path(__file__).resolve().parents[2] / "book"


def calls(source: str) -> list[str]:
    """The calls of ByHand in a cell, each after the functions that the cell defines."""
    if "ByHand(" not in source:
        return []
    tree = ast.parse(source)
    helpers = [node for node in tree.body if isinstance(node, ast.FunctionDef) or _is_short_function(node)]
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _names_by_hand(node.func)]
    return ["\n".join(map(ast.unparse, [*helpers, call])) for call in found]


def _is_short_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)


def _names_by_hand(function: ast.expr) -> bool:
    return ast.unparse(function).split(".")[-1] == "ByHand"


def questions() -> dict[str, str]:
    """The calls of all notebooks, by notebook, cell and place in the cell."""
    found = {}
    for path in sorted(BOOK.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                for k, call in enumerate(calls("".join(cell["source"]))):
                    found[f"{path.stem}-{cell['id']}" + (f"-{k}" if k else "")] = call
    return found


QUESTIONS = questions()
every_question = pytest.mark.parametrize("source", QUESTIONS.values(), ids=QUESTIONS)


def make(source: str) -> ByHand:
    """The question: it may use the math module and functions of its cell, and no other name of its notebook."""
    *helpers, call = ast.parse(source).body
    names = {"ByHand": ByHand, "math": math, "widgets": widgets}
    exec(compile(ast.Module(helpers, []), "helpers", "exec"), names)
    return eval(ast.unparse(call), names)


def written(numbers, decimals: int) -> list[str]:
    """The numbers as a reader writes them, rounded."""
    return [f"{value:.{decimals}f}" for value in numbers]


@every_question
def test_the_answer_is_accepted_and_each_misconception_is_not(source):
    """Oracle: `accepts` of Python, on the numbers of every draw, rounded as a reader rounds them."""
    ask = make(source)
    for row in ask.draws:
        assert accepts(row["answer"], [float(text) for text in written(row["answer"], ask.decimals)], ask.decimals)
        for wrong in row["wrong"]:
            assert not accepts(row["answer"], [float(text) for text in written(wrong, ask.decimals)], ask.decimals)


@every_question
def test_the_page_accepts_the_answer_and_names_each_misconception(call, source):
    """Oracle: the order of the misconceptions in the notebook."""
    ask = make(source)
    rows, expected = [], []
    for draw in ask.draws:
        for k, numbers in enumerate([draw["answer"], *draw["wrong"]]):
            rows += [
                [written(numbers, ask.decimals), draw, ask.decimals],
                [list(map(repr, numbers)), draw, ask.decimals],
            ]
            expected += 2 * [("incorrect", k - 1) if k else ("correct", -1)]
    found = call(module("by_hand/model.js"), "(m, rows) => rows.map((row) => m.judge(...row))", rows)
    assert [(row["kind"], row["mistake"]) for row in found] == expected


def test_names_are_unique_in_the_book():
    """Oracle: a set."""
    names = [make(source).name for source in QUESTIONS.values()]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)


def test_a_call_is_found_wherever_it_stands_with_the_functions_of_its_cell():
    """Oracle: by hand."""
    helpers = "f = lambda: 1\ndef g(): return 2"
    found = calls(f'{helpers}\nx = f()\nByHand("a", f())\ndisplay(widgets.ByHand("b"))\nprint("ByHand(1)")')
    assert [text.splitlines()[-1] for text in sorted(found)] == ["ByHand('a', f())", "widgets.ByHand('b')"]
    assert all(text.startswith("f = lambda : 1\n") and "x =" not in text for text in found)
    assert calls("x = 1") == []
