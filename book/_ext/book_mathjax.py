"""Serve MathJax from the book itself, to the pages that have formulas.

The wheel sphinx-mathjax-offline contains all of MathJax 3 (18 MB). A page needs one script, its fonts, and the
extensions that the script loads for macros such as ``\\boldsymbol``.
"""

import importlib.util
import shutil
from pathlib import Path

_NEEDED = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2")


def _source() -> Path:
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("expected the package sphinx-mathjax-offline: run `pip install -r requirements.txt`")
    return Path(found.submodule_search_locations[0]) / "static" / "mathjax"


def _use_own_copy(app, config) -> None:
    config.mathjax_path = "mathjax/tex-chtml.js"
    # With the menu, every formula would be a stop of the Tab key.
    config.mathjax3_config = {"options": {"enableMenu": False}} | (config.mathjax3_config or {})


def _copy(app, error) -> None:
    if error or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    for name in _NEEDED:
        origin, copy = _source() / name, target / name
        if copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy)
        else:
            shutil.copyfile(origin, copy)


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.connect("config-inited", _use_own_copy, priority=100)
    app.connect("build-finished", _copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
