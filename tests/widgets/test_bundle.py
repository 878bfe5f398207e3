"""The joined modules: self-contained, safe, and with a word for everything they show."""

import re
from pathlib import Path

import anywidget
import pytest

import stn_lib.widgets as widgets
from stn_lib.widgets import _base, _bundle

FOLDER = Path(_bundle.__file__).parent
CLASSES = [cls for cls in vars(widgets).values() if isinstance(cls, type) and issubclass(cls, _base.Explorable)]
FOLDERS = sorted(path.parent.name for path in FOLDER.glob("*/widget.js"))


def test_each_folder_is_one_explorable():
    """Oracle: the folders on the disk."""
    assert sorted(cls.__module__.rsplit(".", 1)[1] for cls in CLASSES) == FOLDERS


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_joined_module_imports_nothing_and_exports_one_default(cls):
    text = str(cls._esm)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert re.findall(r"^export\b.*", text, re.MULTILINE) == [re.search(r"export default .*", text)[0]]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_word_that_a_module_shows_is_in_its_table_and_none_is_left_over(cls):
    text = str(cls._esm)
    used = set(re.findall(r"\bwords\.(\w+)", text))
    # words[name] and words[`${name}s`] are looked up by the names of the controls.
    for name in re.findall(r'\b(?:pick|control|row|keys)\("(\w+)"', text):
        used |= {name} | ({f"{name}s"} if "words[`${name}s`]" in text else set())
    assert used == set(cls.WORDS)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.js")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_module_writes_markup_or_evaluates_text(path):
    text = path.read_text(encoding="utf-8")
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "http:",
    ):
        assert forbidden not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.fixture
def joined(tmp_path, call):
    """Writes modules, joins the first of them, and calls a function on its exports."""

    def run(body: str, **modules: str):
        for name, text in modules.items():
            (tmp_path / f"{name}.js").write_text(text)
        return call([_bundle.javascript(tmp_path / f"{next(iter(modules))}.js")], body)

    return run


def test_two_modules_may_declare_one_name(joined):
    """Oracle: by hand: each module sees its own `same`."""
    a = 'import { x } from "./b.js";\nconst same = 1;\nexport const sum = same + x;\n'
    assert joined("(m) => m.sum", a=a, b="const same = 2;\nexport const x = 10 * same;\n") == 21


def test_imports_over_several_lines_and_under_another_name(joined):
    """Oracle: by hand."""
    a = 'import {\n  one,\n  two as second,\n} from "./b.js";\nexport function read() {\n  return [one, second()];\n}\n'
    b = "export const one = 1;\nexport async function three() {}\nexport const two = () => 2;\n"
    assert joined("(m) => m.read()", a=a, b=b) == [1, 2]


def test_a_module_that_two_import_is_joined_once(joined):
    """Oracle: by hand: both count with the same counter."""
    a = 'import { next } from "./b.js";\nimport { again } from "./c.js";\nexport const all = [next(), again()];\n'
    b = "let count = 0;\nexport const next = () => ++count;\n"
    c = 'import { next } from "./b.js";\nexport const again = () => next();\n'
    assert joined("(m) => m.all", a=a, b=b, c=c) == [1, 2]


def test_modules_are_found_from_the_folder_that_names_them(tmp_path):
    for name in ("one", "shared"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "a.js").write_text('import { x } from "../shared/b.js";\nexport default { x };\n')
    (tmp_path / "shared" / "b.js").write_text('import { y } from "./c.js";\nexport const x = y;\n')
    (tmp_path / "shared" / "c.js").write_text("export const y = 1;\n")
    text = _bundle.javascript(tmp_path / "one" / "a.js")
    assert text.index("const y = 1") < text.index("const x = y") and text.count("export") == 1


@pytest.mark.parametrize(
    "line",
    [
        'import * as b from "./b.js";',
        'import b from "./b.js";',
        'import "./b.js";',
        'export * from "./b.js";',
        "export { a };",
        "export var a = 1;",
    ],
)
def test_another_form_is_refused(tmp_path, line):
    (tmp_path / "a.js").write_text(f"{line}\n")
    (tmp_path / "b.js").write_text("export const a = 1;\n")
    with pytest.raises(ValueError, match=re.escape(f"got `{line}`")):
        _bundle.javascript(tmp_path / "a.js")


def test_a_circle_is_refused(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = b;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = a;\n')
    with pytest.raises(ValueError, match=r"in a circle, got a\.js → b\.js → a\.js"):
        _bundle.javascript(tmp_path / "a.js")


def test_a_style_sheet_is_optional(tmp_path):
    assert "stn-widget" in _bundle.stylesheet(tmp_path)


def test_style_sheets_use_the_palette_and_no_colour_of_their_own():
    for path in FOLDER.rglob("*.css"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl", path.read_text(encoding="utf-8")), path.name


def test_an_explorable_takes_another_table_of_words():
    class Plain(widgets.RotatePoint):
        WORDS = {"again": "Again"} | widgets.RotatePoint.WORDS

    assert Plain().words["again"] == "Again" and Plain._esm == widgets.RotatePoint._esm
    assert widgets.RotatePoint(words={"title": "\u518d\u6765"}).words == {"title": "\u518d\u6765"}
    assert isinstance(Plain(), anywidget.AnyWidget)
