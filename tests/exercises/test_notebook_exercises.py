"""Every exercise is in its chapter: the stub there is unanswered, the solution printed there passes.

A notebook marks its cells by tags: `setup` (imports), `exercise` (a stub whose last line is
`check.<name>(<function>)`), `solution` (defines the same function). They run in the order of the page.
"""

import ast
import json
from pathlib import Path

import pytest

from stn_lib.exercises.framework.registry import all_checks
from stn_lib.exercises.framework.result import Result

BOOK = Path(__file__).resolve().parents[2] / "book"
CHECKS = all_checks()


def tagged_cells(path):
    """The code cells of a notebook as (tags, source), the tagged ones only."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        tags = set(cell["metadata"].get("tags", ())) & {"setup", "exercise", "solution"}
        if cell["cell_type"] == "code" and tags:
            yield tags, "".join(cell["source"])


def check_call(source):
    """The last line of a stub: its code, the name of the check and the name of the function."""
    last = ast.parse(source).body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        call = last.value
        if isinstance(call.func, ast.Attribute) and call.args and isinstance(call.args[0], ast.Name):
            return ast.unparse(call), call.func.attr, call.args[0].id
    raise AssertionError(f"expected a last line check.<name>(<function>), got {source[-80:]!r}")


def outcome(source, call, space):
    """Run a cell without its display, then the check; return the result."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.Expr) and ast.unparse(node) == call)]
    exec(compile(tree, "<cell>", "exec"), space)
    result = eval(call, space)
    assert isinstance(result, Result), f"expected {call} to return a Result, got {result!r}"
    return result


def run_exercises(path):
    """Run the tagged cells of a notebook; return the names of the checks whose solution passed, in order."""
    space, waiting, passed = {"__name__": "__main__"}, {}, []
    for tags, source in tagged_cells(path):
        if "setup" in tags:
            exec(compile(source, "<setup>", "exec"), space)
        elif "exercise" in tags:
            call, name, function = check_call(source)
            stub = outcome(source, call, dict(space))
            assert stub.status == "unanswered", f"{path.name}: {call} on the stub: {stub!r}"
            waiting[function] = call, name
        else:
            names = {n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
            for function in names & waiting.keys():
                call, name = waiting.pop(function)
                solution = outcome(source, call, space)
                assert solution.passed, f"{path.name}: {call} on the solution: {solution!r}"
                passed.append(name)
    assert not waiting, f"{path.name}: no cell tagged solution defines {sorted(waiting)}"
    return passed


@pytest.mark.parametrize("chapter", CHECKS)
def test_a_chapter_holds_its_exercises_with_stub_and_solution(chapter):
    holders = [path for path in BOOK.glob("*.ipynb") if f"import {chapter} as check" in path.read_text("utf-8")]
    assert len(holders) == 1, f"expected one notebook that imports {chapter}, got {holders}"
    assert run_exercises(holders[0]) == list(CHECKS[chapter]), f"{holders[0].name}: stub and solution of each, in order"


def test_the_reader_of_cells_finds_stub_and_solution(tmp_path):
    def cell(source, *tags):
        return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": [source]}

    stub = "def shrink(image, factor):\n    raise NotImplementedError\n\ncheck.shrink(shrink)"
    solution = "def shrink(image, k):\n    return image.unfold(0, k, k).unfold(1, k, k).mean((2, 3))"
    cells = [
        cell("from stn_lib.exercises import ch05_sampling as check", "setup"),
        cell("1 / 0"),
        cell(stub, "exercise"),
        cell(solution, "solution", "hide-cell"),
    ]
    page = tmp_path / "1.ipynb"
    page.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert [sorted(tags) for tags, _ in tagged_cells(page)] == [["setup"], ["exercise"], ["solution"]]
    assert run_exercises(page) == ["shrink"]
    page.write_text(json.dumps({"cells": cells}).replace("mean", "amax"), encoding="utf-8")
    with pytest.raises(AssertionError, match="You keep the largest value"):
        run_exercises(page)
