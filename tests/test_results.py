"""The stored results: each is read by its name, from any working folder."""

import json
from pathlib import Path

import pytest

from stn_lib import results

FOLDER = Path(results.__file__).parent


@pytest.mark.parametrize("name", ["basin", "appendix/volume", "table1/rts-cnn-0"])
def test_a_record_is_read_from_any_folder(name, tmp_path, monkeypatch):
    """Oracle: the file."""
    monkeypatch.chdir(tmp_path)
    assert results.read(name) == json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("basn", r"'appendix/addition', .*'basin', .*\] or 'table1/CELL-SEED', got 'basn': did you mean 'basin'\?"),
        ("table1", r"or 'table1/CELL-SEED', got 'table1'"),
        ("table1/rts-cnn-9", r"\['table1/e-cnn-0', .*\], got 'table1/rts-cnn-9': did you mean 'table1/rts-cnn-\d'"),
        ("../results/basin", "expected a record in .*'basin'"),
        ("basin.json", "did you mean 'basin'"),
        (None, "got None"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(name, said):
    with pytest.raises(ValueError, match=said):
        results.read(name)
