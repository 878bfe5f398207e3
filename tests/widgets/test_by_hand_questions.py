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


def parts(source: str) -> tuple[list[str], list[str]]:
    """What a cell defines, and its calls of ByHand; nothing of a cell without one."""
    if "ByHand(" not in source:
        return [], []
    tree = ast.parse(source)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _names_by_hand(node.func)]
    kept = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.Assign) and not _asks(node)]
    return [ast.unparse(node) for node in kept], [ast.unparse(call) for call in found]


def _asks(node: ast.stmt) -> bool:
    return any(isinstance(inner, ast.Call) and _names_by_hand(inner.func) for inner in ast.walk(node))


def _names_by_hand(function: ast.expr) -> bool:
    return ast.unparse(function).split(".")[-1] == "ByHand"


def questions() -> dict[str, str]:
    """The calls of all notebooks after what their cells define, by notebook, cell and place in the cell."""
    found = {}
    for path in sorted(BOOK.glob("*.ipynb")):
        defined = []
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                helpers, calls = parts("".join(cell["source"]))
                defined += helpers
                for k, call in enumerate(calls):
                    found[f"{path.stem}-{cell['id']}" + (f"-{k}" if k else "")] = "\n".join([*defined, call])
    return found


QUESTIONS = questions()
every_question = pytest.mark.parametrize("source", QUESTIONS.values(), ids=QUESTIONS)


def make(source: str) -> ByHand:
    """The question: it may use the math module and what the cells with ByHand define, and no other name."""
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


def test_a_call_is_found_wherever_it_stands_with_what_its_cell_defines():
    """Oracle: by hand."""
    helpers = ["U = [1, 2]", "f = lambda: U", "def g():\n    return 2"]
    cell = "\n".join([*helpers, 'ask = ByHand("a", f())\ndisplay(widgets.ByHand("b"))\nprint("ByHand(1)")'])
    defined, calls = parts(cell)
    assert defined == helpers and sorted(calls) == ["ByHand('a', f())", "widgets.ByHand('b')"]
    assert parts("x = 1") == ([], [])
