"""The language of the book, its code and its messages: `WORDS` of the house style, and codespell.

A word gets into the list by one line in `WORDS`: the pattern, what to write in its place, and two sentences that show
what is found and what is not. If one sentence needs the word, give it a line in `ALLOWED`, with the reason.
"""

import re
import subprocess
import sys

import pytest

from tests.language import ROOT, files, sentences

#: Pattern, what to write in its place, a sentence in which the pattern is found, one in which it is not.
WORDS = [
    (r"pictures?", "image", "Move the picture.", "Move the image."),
    (r"(?<!in )(?<!your )turn(?:s|ed|ing)?(?! (?:on|off|out)\b)", "rotate, become", "A turn by 30°.", "It turns out that, in turn, it is your turn."),
    (r"ink", "foreground, stroke", "full ink", "link"),
    (r"rulers?", "convention, axis", "V's ruler", "rule"),
    (r"held-in", "training", "held-in digits", "held-out digits"),
    (r"told(?! apart)", "know, get a sentence, report", "It is told so.", "They can be told apart."),
    (r"asked", "tested, measured, expected", "asked once", "the question asks"),
    (r"(?:stands?|stood|standing)(?! for)", "is, are", "It stands there.", "σ stands for the deviation"),
    (r"(?:lies|lying)", "is, are", "A point lies outside.", "a layer"),
    (r"(?<!hidden )(?<!SVG )units(?! (?:of|between))", "normalised coordinates", "in units", "32 hidden units"),
    (
        r"(?<!the )(?<!this )(?<!a )(?<!original )(?<!whose )paper(?!['’]s|: )",
        "background; or the paper, if it is Jaderberg's",
        "It samples blank paper.",
        "as in the paper and the paper's table",
    ),
    (r"rims?", "border, margin", "a rim of zeros", "trim"),
    (r"anew", "again", "drawn anew", "a new one"),
    (r"(?:comes?|came|brings?|brought) home", "arrive, reach the goal", "It comes home.", "at home"),
    (r"(?<=[,;:.] )else(?! if)", "otherwise", "Square, else it shears.", "anything else"),
    (r"(?:takes?|took) off", "begins to learn", "Training takes off.", "take it off"),
    (
        r"(?:reads?|read) (?:at(?! most)|right|outside|between|itself|further|nearer|far|nothing|off|with zeros|in U|U|where)",
        "sample, classify",
        "It is read at 1.6.",
        "The page reads at most one record.",
    ),
    (r"(?:right or wrong|(?:is|are|was|were|all|read|answers?) right(?! (?:of|and|to|side|half|edge|minus)))",
     "correct", "All are right.", "what is right of it"),
]  # fmt: skip

#: (file, part of a sentence): why it may be there.
ALLOWED = {
    ("experiments/collapse/cases.py", "tutorial, turned"): "the name of a case in a stored record",
    ("experiments/appendix/common.py", "paper, %"): "the heading of a column: the errors of Jaderberg's paper",
    (
        "experiments/table1/paper.py",
        "What differs in every run, paper first",
    ): "each pair names Jaderberg's paper first",
}

FILES = files()
IDS = [path.relative_to(ROOT).as_posix() for path in FILES]


def found(text: str) -> list[tuple[str, str]]:
    """What a text holds of the list: the words with their context, and what to write in their place."""
    out = []
    for pattern, instead, _, _ in WORDS:
        for match in re.finditer(rf"(?<![\w-]){pattern}(?![\w-])", text, re.IGNORECASE):
            context = text[max(0, match.start() - 60) : match.end() + 60]
            out.append((" ".join(context.split()), f"{match.group()!r}: {instead}"))
    return out


@pytest.mark.parametrize("name", IDS)
def test_a_file_is_written_in_the_words_of_the_style(name):
    allowed = [part for file, part in ALLOWED if file == name]
    faults = [
        f"{name}, {where}: … {context} … ({advice})"
        for where, text in sentences(ROOT / name)
        for context, advice in found(text)
        if not any(part in context for part in allowed)
    ]
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize(("pattern", "instead", "bad", "good"), WORDS)
def test_the_list_finds_what_it_should_and_no_more(pattern, instead, bad, good):
    assert any(advice.endswith(instead) for _, advice in found(bad))
    assert not found(good)


def test_allowed_sentences_are_still_there():
    for (name, part), reason in ALLOWED.items():
        contexts = [context for _, text in sentences(ROOT / name) for context, _ in found(text)]
        assert reason and any(part in context for context in contexts), (name, part)


def test_prose_is_taken_from_every_kind_of_file(tmp_path):
    code = 'def f():\n    """A picture.\n\n    >>> print("a picture")\n    """\n    return {"picture": 1}  # one turn\n'
    samples = {
        "a.py": (code, ["A picture.", "one turn"]),
        "a.js": ("const picture = 1; // a ruler\n/* blank\n paper */", ["a ruler", "blank paper"]),
        "a.md": ("Its `picture` and {cite:t}`picture`, $ink$, [image](picture.md), <b class='ink'>ink</b>", ["ink ‥"]),
    }
    for name, (text, wanted) in samples.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        prose = [" ".join(part.split()) for _, part in sentences(tmp_path / name)]
        faults = [context for part in prose for context, _ in found(part)]
        assert len(faults) == len(wanted), faults
        assert all(any(part in fault for fault in faults) for part in wanted), faults


@pytest.mark.process
def test_codespell_finds_nothing():
    """The words that it must accept are in pyproject.toml, `[tool.codespell]`."""
    paths = FILES + sorted((ROOT / "tests").rglob("*.py"))
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "--toml", "pyproject.toml", *map(str, paths)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
