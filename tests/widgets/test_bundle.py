"""The joined modules: self-contained, safe, and with a word for everything they show."""

import re
from pathlib import Path

import pytest

import stn_lib.widgets as widgets
from stn_lib.widgets import _base, _bundle

JS = Path(_bundle.__file__).parent / "js"
CLASSES = [getattr(widgets, name) for name in widgets.__all__]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_joined_module_imports_nothing_and_exports_one_default(cls):
    text = str(cls._esm)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert len(re.findall(r"^export\b", text, re.MULTILINE)) == 1
    assert "export default" in text


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_word_that_a_module_shows_is_in_its_table_and_none_is_left_over(cls):
    used = set(re.findall(r"\bwords\.(\w+)", str(cls._esm)))
    # words[name] and words[`${name}s`] are looked up by the names of the controls.
    for name in re.findall(r'\b(?:pick|control)\("(\w+)"', str(cls._esm)):
        used |= {name, f"{name}s"} if "words[`${name}s`]" in str(cls._esm) else {name}
    assert used == set(cls.WORDS)


@pytest.mark.parametrize("path", sorted(JS.glob("*.js")), ids=lambda path: path.name)
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


def test_two_modules_that_declare_one_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text('import { x } from "./b.js";\nconst same = x;\n')
    (tmp_path / "js" / "b.js").write_text("export const x = 1;\nconst same = 2;\n")
    monkeypatch.setattr(_bundle, "_ROOT", tmp_path)
    with pytest.raises(ValueError, match="both declare `same`"):
        _bundle.javascript("a.js")


def test_an_import_in_another_form_is_refused(tmp_path, monkeypatch):
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text('import * as b from "./b.js";\n')
    monkeypatch.setattr(_bundle, "_ROOT", tmp_path)
    with pytest.raises(ValueError, match="expected imports of the form"):
        _bundle.javascript("a.js")


def test_modules_are_joined_in_the_order_of_need(tmp_path, monkeypatch):
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text(
        'import { y } from "./c.js";\nimport { x } from "./b.js";\nconst a = x + y;\n'
    )
    (tmp_path / "js" / "b.js").write_text('import { y } from "./c.js";\nexport const x = y;\n')
    (tmp_path / "js" / "c.js").write_text("export const y = 1;\n")
    monkeypatch.setattr(_bundle, "_ROOT", tmp_path)
    assert _bundle.javascript("a.js").split() == [
        "const",
        "y",
        "=",
        "1;",
        "const",
        "x",
        "=",
        "y;",
        "const",
        "a",
        "=",
        "x",
        "+",
        "y;",
    ]


def test_style_sheets_use_the_palette_and_no_colour_of_their_own():
    for path in (JS.parent / "css").glob("*.css"):
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl", path.read_text(encoding="utf-8")), path.name


def test_an_explorable_takes_another_table_of_words():
    class Plain(_base.Explorable, module="prediction"):
        WORDS = {"again": "Again"}

    assert Plain().words == {"again": "Again"}
    assert Plain(words={"again": "\u518d\u6765"}).words == {"again": "\u518d\u6765"}
