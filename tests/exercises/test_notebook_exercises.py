"""Every exercise of the book: the stub is seen unanswered, the solution passes its check.

A notebook marks its cells by tags: `setup` (imports), `exercise` (a stub whose last line is
`check.<name>(<function>)`), `solution` (defines the same function). They run in the order of the page.
"""

import ast
import json
from pathlib import Path

import pytest

from stn_lib.exercises.report import Result

BOOK = Path(__file__).resolve().parents[2] / "book"


def tagged_cells(path):
    """The code cells of a notebook as (tags, source), the tagged ones only."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        tags = set(cell["metadata"].get("tags", ())) & {"setup", "exercise", "solution"}
        if cell["cell_type"] == "code" and tags:
            yield tags, "".join(cell["source"])


def checked(source):
    """The last line of a stub, if it calls a check: its code, and the name of the function checked."""
    last = ast.parse(source).body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        call = last.value
        if isinstance(call.func, ast.Attribute) and call.args and isinstance(call.args[0], ast.Name):
            return ast.unparse(call), call.args[0].id
    raise AssertionError(f"expected a last line check.<name>(<function>), got {source[-80:]!r}")


def outcome(source, call, space):
    """Run a cell without its display, then the check; the result."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.Expr) and ast.unparse(node) == call)]
    exec(compile(tree, "<cell>", "exec"), space)
    result = eval(call, space)
    assert isinstance(result, Result), f"expected {call} to return a Result, got {result!r}"
    return result


NOTEBOOKS = sorted(BOOK.glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS or [None], ids=lambda path: path.stem if path else "none")
def test_stub_waits_and_solution_passes(path):
    if path is None:
        pytest.skip("book/ holds no notebook yet")
    cells = list(tagged_cells(path))
    if not any("exercise" in tags for tags, _ in cells):
        pytest.skip(f"{path.name} has no cell tagged exercise")
    space, waiting = {"__name__": "__main__"}, {}
    for tags, source in cells:
        if "setup" in tags:
            exec(compile(source, "<setup>", "exec"), space)
        elif "exercise" in tags:
            call, function = checked(source)
            stub = outcome(source, call, dict(space))
            assert stub.status == "unanswered", f"{path.name}: {call} on the stub: {stub!r}"
            waiting[function] = call
        else:
            names = {n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
            for function in names & waiting.keys():
                call = waiting.pop(function)
                solution = outcome(source, call, space)
                assert solution.passed, f"{path.name}: {call} on the solution: {solution!r}"
    assert not waiting, f"{path.name}: no cell tagged solution defines {sorted(waiting)}"


def test_the_reader_of_cells_finds_stub_and_solution(tmp_path):
    def cell(source, *tags):
        return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": [source]}

    stub = "def shrink(image, factor):\n    raise NotImplementedError\n\ncheck.shrink(shrink)"
    page = tmp_path / "1.ipynb"
    page.write_text(
        json.dumps(
            {
                "cells": [
                    cell("from stn_lib.exercises import sampling as check", "setup"),
                    cell("1 / 0"),
                    cell(stub, "exercise"),
                    cell(
                        "def shrink(image, factor):\n    return image.unfold(0, factor, factor)"
                        ".unfold(1, factor, factor).mean((2, 3))",
                        "solution",
                        "hide-cell",
                    ),
                ]
            }
        ),
        encoding="utf-8",
    )
    assert [sorted(tags) for tags, _ in tagged_cells(page)] == [["setup"], ["exercise"], ["solution"]]
    test_stub_waits_and_solution_passes(page)
    page.write_text(page.read_text(encoding="utf-8").replace("mean", "amax"), encoding="utf-8")
    with pytest.raises(AssertionError, match="You keep the largest value"):
        test_stub_waits_and_solution_passes(page)
