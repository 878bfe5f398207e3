"""The prose of the project: every sentence that a reader of the book, its code or its messages meets.

`sentences(path)` takes apart a notebook or a page (Markdown), a Python module (docstrings, comments, and strings that
are sentences) and JavaScript or a style sheet (comments).
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Where prose is; tests are not read by learners.
_FOLDERS = ("stn_lib", "experiments", "tools", "book")
_SUFFIXES = (".py", ".js", ".css", ".md", ".ipynb")
_TOP = ("README.md", "CONTRIBUTING.md", "Makefile")

# What is not prose: code, doctests, formulas, addresses, roles and placeholders in braces, HTML, flags, variables of CSS.
_NOT_PROSE = re.compile(
    r"```.*?```|``.*?``|`[^`\n]*`|^ *(?:>>>|\.\.\.) [^\n]*$|\$\$.*?\$\$|\$[^$\n]*\$|https?://\S+|\]\([^)\s]*\)"
    r"|\{[^{}\n]*\}|<[^<>\n]*>|--[\w-]+",
    re.DOTALL | re.MULTILINE,
)


def files() -> list[Path]:
    """Every file whose prose is held to the style."""
    found = [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in _SUFFIXES]
    hidden = ("_build", ".ipynb_checkpoints", "node_modules", "__pycache__", ".jupyter_cache")
    kept = [path for path in found if not set(path.parts) & set(hidden)]
    return sorted(kept) + [ROOT / name for name in _TOP]


def sentences(path: Path) -> Iterator[tuple[str, str]]:
    """The prose of a file as pairs: where it is, such as "line 12" or the id of a cell, and the text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        parts = _notebook(json.loads(text))
    elif path.suffix == ".py":
        parts = _python(text)
    elif path.suffix == ".md":
        parts = [("line 1", text)]
    elif path.suffix in (".js", ".css"):
        parts = _script(text)
    else:
        parts = [(f"line {k}", line) for k, line in enumerate(text.splitlines(), 1) if line.startswith("#")]
    for where, part in parts:
        yield where, _NOT_PROSE.sub(" ‥ ", part)


def _notebook(notebook: dict) -> Iterator[tuple[str, str]]:
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        where = f"cell {cell.get('id')}"
        if cell["cell_type"] == "markdown":
            yield where, source
        elif cell["cell_type"] == "code" and not source.startswith("%%"):
            for _, part in _python(source):
                yield where, part


def _python(text: str) -> Iterator[tuple[str, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield f"line {token.start[0]}", token.string
    for node in ast.walk(ast.parse(text)):
        # A sentence has a space; what has none is a name, a key or a path.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield f"line {node.lineno}", node.value


def _script(text: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"/\*.*?\*/|(?<!:)//[^\n]*", text, re.DOTALL):
        yield f"line {text.count(chr(10), 0, found.start()) + 1}", found.group()
