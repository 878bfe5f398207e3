"""Joins the JavaScript modules of one explorable into the single file that hosts load.

Jupyter and the book's pages hand a module over as text, where a relative ``import`` finds nothing. Each module
becomes a function that returns its exports, so that two modules may use the same name for different things.
"""

import re
from pathlib import Path

from stn_lib import palette

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{(?P<names>[^}]*)\} from "(?P<path>\.{1,2}/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?P<kind>(?:async )?function\*?|const|let|class) (?P<name>\w+)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default (?P<value>[^;]+);\n", re.MULTILINE)
_MODULE_SYNTAX = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_LINE_COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/)\n", re.MULTILINE)  # comments alone on their lines
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_PRELUDE = re.compile(r"(?P<selectors>[^\s{};][^{};]*)\{")
_COMMA = re.compile(r",\s*(?![^()]*\))")  # between selectors, not inside :is(…)


def javascript(entry: Path) -> str:
    """Return the text of a module and of all modules that it imports as one module with the same exports.

    Comments on lines of their own are removed: a page loads the text.

    Raises:
        ValueError: modules import each other in a circle, or use another form than ``import { a, b as c } from
            "./x.js"``, ``export`` before a declaration, and ``export default``.

    Example:
        >>> text = javascript(_FOLDER / "prediction" / "widget.js")
        >>> "import " in text, text.count("export default")
        (False, 1)
    """
    parts: list[str] = []
    exports: dict[Path, list[str]] = {}

    def add(path: Path, importers: tuple[Path, ...]) -> str:
        if path in importers:
            circle = " → ".join(module.name for module in (*importers, path))
            raise ValueError(f"expected modules that do not import each other in a circle, got {circle}")
        if path not in exports:
            text = _LINE_COMMENT.sub("", path.read_text(encoding="utf-8"))

            def bind(found: re.Match) -> str:
                source = add((path.parent / found["path"]).resolve(), (*importers, path))
                return f"const {{{found['names'].replace(' as ', ': ')}}} = {source};\n"

            text = _IMPORT.sub(bind, text)
            exports[path] = [found["name"] for found in _EXPORT.finditer(text)]
            text = _EXPORT.sub(r"\g<kind> \g<name>", text)
            text, defaults = _DEFAULT.subn(r"const $default = \g<value>;" + "\n", text)
            exports[path] += ["default: $default"] if defaults else []
            _refuse_other_forms(path, text)
            parts.append(
                f"const $module{len(parts)} = (() => {{\n{text}return {{ {', '.join(exports[path])} }};\n}})();\n"
            )
            names[path] = f"$module{len(parts) - 1}"
        return names[path]

    names: dict[Path, str] = {}
    last = add(entry.resolve(), ())
    for name in exports[entry.resolve()]:
        parts.append(f"export default {last}.default;\n" if ":" in name else f"export const {name} = {last}.{name};\n")
    return "".join(parts)


def _refuse_other_forms(path: Path, text: str) -> None:
    found = _MODULE_SYNTAX.search(text)
    if found:
        raise ValueError(
            f'{path.parent.name}/{path.name}: expected `import {{ a }} from "./b.js";`, `export` before a function, '
            f"const, let or class, or `export default`, got `{found[0]}`"
        )


def stylesheet(folder: Path) -> str:
    """Return the palette, the shared style sheet and the explorable's own, whose rules hold in that explorable only.

    Example:
        >>> "\\n.stn-rotate-point.stn-widget" in stylesheet(_FOLDER / "rotate_point")
        True
    """
    shared = (_FOLDER / "shared" / "shared.css").read_text(encoding="utf-8")
    own = folder / "widget.css"
    text = scoped(own.read_text(encoding="utf-8"), f".stn-{folder.name.replace('_', '-')}") if own.exists() else ""
    return "\n".join([palette.css(), shared, text])


def scoped(css: str, root: str) -> str:
    """Limit the rules to elements inside `root`, because several explorables share one page.

    Every rule gains one class of weight, so that it wins over an equal rule of the shared sheet, which the next
    explorable on the page brings again.

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
