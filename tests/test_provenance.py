"""The commit that a measurement is attributed to."""

import subprocess

from stn_lib import provenance


def test_a_library_in_another_project_s_checkout_has_no_commit(tmp_path, monkeypatch):
    """Oracle: by hand: the other project's checkout has one."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "site-packages" / "stn_lib" / "provenance.py"))
    (tmp_path / "site-packages").mkdir()
    assert provenance.git("rev-parse", "--show-toplevel") is None
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "stn_lib" / "provenance.py"))
    assert provenance.git("rev-parse", "--show-toplevel") == str(tmp_path.resolve())
