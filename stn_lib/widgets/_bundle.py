"""Joins the small JavaScript modules of one explorable into the single self-contained file that hosts load.

Jupyter and the book's pages hand a module over as text, so a relative ``import`` in it would find
nothing. Our modules keep to one form (one-line ``import { … } from "./x.js"``, ``export`` in front of a
declaration), so joining is: each module once, in the order of need, without those two words.
"""

import re
from pathlib import Path

_ROOT = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(?P<name>[\w.]+)";\n', re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_PRELUDE = re.compile(r"(?P<selectors>[^\s{};][^{};]*)\{")
_COMMA = re.compile(r",\s*(?![^()]*\))")  # between selectors, not inside :is(…)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)


def javascript(name: str) -> str:
    """The text of ``js/<name>`` with all modules it imports, joined into one module.

    Raises:
        ValueError: two modules declare the same top-level name, or a module imports in another form.

    Example:
        >>> text = javascript("prediction.js")
        >>> "import " in text, text.count("export default")
        (False, 1)
    """
    order: list[str] = []

    def visit(module: str) -> None:
        if module in order:
            return
        for found in _IMPORT.finditer(_read(module)):
            visit(found["name"])
        order.append(module)

    visit(name)
    parts = [_EXPORT.sub("", _IMPORT.sub("", _read(module))) for module in order]
    _check(order, parts)
    return "\n".join(parts)


def stylesheet(name: str) -> str:
    """The palette, the shared style sheet and ``css/<name>``, whose rules hold in that explorable only.

    Example:
        >>> "\\n.stn-turn-point.stn-widget" in stylesheet("turn_point")
        True
    """
    from stn_lib import palette

    shared, own = ((_ROOT / "css" / f"{part}.css").read_text(encoding="utf-8") for part in ("shared", name))
    return "\n".join([palette.css(), shared, scoped(own, f".stn-{name.replace('_', '-')}")])


def scoped(css: str, root: str) -> str:
    """The rules, each for what is in `root` alone: several explorables stand on one page, and short names meet.

    Every rule gains one class of weight, so that it wins over an equal one of the shared sheet wherever that stands: the
    next explorable on the page brings it once more.

    Example:
        >>> scoped(".a, .b > i { color: red; } @media print { .stn-x .a, .stn-widget .a { margin: 0; } }", ".stn-x")
        '.stn-x .a, .stn-x .b > i { color: red; } @media print { .stn-x.stn-widget .a, .stn-x.stn-widget .a { margin: 0; } }'
    """
    either = re.compile(rf"^(?:{re.escape(root)}|\.stn-widget)(?![\w-])")

    def selector(text: str) -> str:
        return either.sub(f"{root}.stn-widget", text) if either.match(text) else f"{root} {text}"

    def rule(found: re.Match) -> str:
        if found["selectors"].startswith("@"):
            return found[0]
        return ", ".join(map(selector, _COMMA.split(found["selectors"].rstrip()))) + " {"

    return _PRELUDE.sub(rule, _COMMENT.sub("", css))


def _read(module: str) -> str:
    return (_ROOT / "js" / module).read_text(encoding="utf-8")


def _check(order: list[str], parts: list[str]) -> None:
    owner: dict[str, str] = {}
    for module, text in zip(order, parts, strict=True):
        if re.search(r"^import\b", text, re.MULTILINE):
            raise ValueError(f'{module}: expected imports of the form `import {{ a }} from "./b.js";` on one line')
        for found in re.finditer(r"^(?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE):
            if owner.setdefault(found[1], module) != module:
                raise ValueError(f"{module} and {owner[found[1]]} both declare `{found[1]}`: rename one of them")
