"""The notebooks as files: clean, stable, readable anywhere."""

import ast
import builtins
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
TAGS = {"setup", "exercise", "solution", "hide-cell", "hide-input", "remove-input", "remove-cell"}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_is_valid_nbformat_4_5(notebook):
    import nbformat  # two seconds, which only this module's worker need wait for

    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)


def test_it_holds_no_outputs_and_no_counts(notebook):
    for cell in code_cells(notebook):
        assert cell["outputs"] == [] and cell["execution_count"] is None, cell["id"]


def test_its_cell_ids_are_words_and_unique(notebook):
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", name) for name in ids), "an id should say what its cell is"


def test_its_kernel_is_any_python_3(notebook):
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "version" not in notebook["metadata"].get("language_info", {})


def test_its_tags_are_known(notebook):
    for cell in notebook["cells"]:
        assert set(cell["metadata"].get("tags", [])) <= TAGS, cell["id"]


def test_its_cells_are_short(notebook):
    for cell in code_cells(notebook):
        folded = {"hide-input", "hide-cell", "remove-input", "remove-cell"} & set(cell["metadata"].get("tags", []))
        assert len(cell["source"]) <= (48 if folded else 32), f"{cell['id']}: real code lives in stn_lib"


def test_its_lines_fit_the_text_column(notebook):
    for cell in code_cells(notebook):
        if "remove-input" not in cell["metadata"].get("tags", []):
            wide = [line for line in cell["source"] if len(line.rstrip("\n")) > 76]
            assert not wide, f"{cell['id']}: {wide[0]}"


def test_a_folded_solution_says_that_it_is_one(notebook):
    for cell in code_cells(notebook):
        if "solution" in cell["metadata"].get("tags", []):
            assert cell["metadata"]["mystnb"] == {
                "code_prompt_show": "Show a solution",
                "code_prompt_hide": "Hide the solution",
            }, cell["id"]


def test_it_loads_nothing_from_elsewhere(notebook):
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert not re.search(r"<(script|img|iframe|link)\b|!\[[^]]*\]\(https?:", text)


def test_it_has_the_frame_of_a_chapter(notebook):
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    for part in (
        "**You need**",
        "**Time**",
        "## Where it goes wrong",
        "## Exercises",
        "## In five lines",
    ):
        assert part in text
    assert "Prediction(" in text or "Estimate(" in text


FILES = re.compile(
    r"\b(Path|open|getcwd|chdir|cwd)\(|\b__file__\b|^\s*(%|!|import os\b)"
    r"|[\"'](\.{1,2}/|[\w./-]+\.(json|csv|txt|pt|npz|png|safetensors)\b)",
    re.M,
)


@pytest.mark.parametrize(
    "code",
    ['Path("a")', "with open(name):", "x = Path.cwd()", "f'../results/{name}'", 'read("x/basin.json")', "%cd .."],
)
def test_a_cell_that_names_a_file_would_be_found(code):
    assert FILES.search(code)


def test_it_limits_torch_to_one_thread(notebook):
    """Importing `stn_lib.plotting` does, as tests/test_plotting.py shows."""
    (setup,) = (cell for cell in code_cells(notebook) if cell["id"] == "setup")
    assert "from stn_lib.plotting import" in "".join(setup["source"])


def test_it_runs_from_any_folder(notebook):
    """Stored numbers come from `stn_lib.results`; tests/book/test_jupyterlab.py runs a chapter from an empty folder."""
    for cell in code_cells(notebook):
        found = FILES.search("".join(cell["source"]))
        assert not found, f"{cell['id']} names a file, {found[0]!r}: read a record with stn_lib.results.read"


def test_it_fits_a_sitting(notebook):
    """The limits of the house style: words of all that is not a code cell, formulas and tables included; code cells,
    without `install`, which the page leaves out."""
    prose = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    words, cells = len(prose.split()), len(code_cells(notebook)) - 1
    assert words <= 2200, f"expected at most 2,200 words, got {words}: shorten the page's text"
    assert cells <= 25, f"expected at most 25 code cells besides install, got {cells}: take one out, or join two"


def test_a_shown_cell_uses_names_that_the_reader_can_look_up(notebook):
    """A name that a cell with shown code uses is defined in a cell that is shown or folded, not in a removed one."""
    seen = set(dir(builtins)) | {"display"}
    for cell in code_cells(notebook):
        tags = set(cell["metadata"].get("tags", []))
        nodes = list(ast.walk(ast.parse("".join(cell["source"]))))
        defined = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        defined |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
        defined |= {(name.asname or name.name).split(".")[0] for node in imports for name in node.names}
        if {"remove-input", "remove-cell"} & tags:
            continue
        seen |= defined
        arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
        arguments |= {node.name for node in nodes if isinstance(node, ast.ExceptHandler)}
        used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        assert used <= seen | arguments, f"{cell['id']}: {sorted(used - seen - arguments)}"
