"""Build one page of each of two other kinds of book, to measure beside this course's: Jupyter Book and Sphinx-Gallery."""

import importlib.util
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

INTERACT = """import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

@ipywidgets.interact(angle=(-90, 90))
def rotate(angle=30):
    x, y = np.mgrid[-1:1:28j, -1:1:28j]
    plt.imshow(np.sin(6 * (x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle)))))"""
JUPYTER_BOOK = ("-c", "from jupyter_book.cli.main import main; main()")
CONF = """project = "Tutorials"
extensions = ["sphinx_gallery.gen_gallery"]
html_theme = "pydata_sphinx_theme"
sphinx_gallery_conf = {"examples_dirs": "examples", "gallery_dirs": "tutorials"}
"""
TUTORIAL = '''"""
Rotate an image
===============

A rotation maps each pixel of the output to a point of the input:
:math:`x = x' \\\\cos a - y' \\\\sin a`, :math:`y = x' \\\\sin a + y' \\\\cos a`.
"""

# %%
# The image
# ---------
# It consists of stripes, which show its direction.

import matplotlib.pyplot as plt
import numpy as np

y, x = np.mgrid[-1:1:28j, -1:1:28j]
plt.imshow(np.sin(6 * x))

# %%
# The rotated image
# -----------------
# The pixels outside the input are not needed here, because the stripes have a formula.

angle = np.radians(30)
plt.imshow(np.sin(6 * (x * np.cos(angle) - y * np.sin(angle))))
'''


class Book(NamedTuple):
    """A kind of book.

    Args:
        package: that builds it.
        page: the measured page, in the folder of the book.
        write: writes the sources into a folder.
        build: the arguments of Python that build the book there.
    """

    package: str
    page: str
    write: Callable[[Path], None]
    build: tuple[str, ...]

    def make(self, folder: Path) -> None:
        """Build the book in an empty folder.

        Raises:
            ValueError: if the package is not installed, or the build fails.
        """
        self.write(folder)
        run(self.build, folder)
        if not (folder / self.page).is_file():
            raise ValueError(f"expected {self.page} in the book that {self.package} builds, got none")

    def is_installed(self) -> bool:
        """Return whether its package is."""
        return importlib.util.find_spec(self.package.replace("-", "_")) is not None

    def title(self) -> str:
        """Return the name of its package with the version."""
        return f"{self.package} {metadata.version(self.package)}"


def run(arguments: tuple[str, ...], folder: Path) -> None:
    """Run Python in a folder.

    Raises:
        ValueError: if it fails; with the last line of its output.
    """
    environment = os.environ | {"PYTHONPATH": ""}
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        last = (done.stdout.strip() or "no output").splitlines()[-1]
        raise ValueError(f"expected a book from `python {shlex.join(arguments)}`, got status {done.returncode}: {last}")


def _jupyter_book(folder: Path) -> None:
    """The template of `jupyter-book create`, with a slider that redraws a figure at the end of its notebook."""
    run((*JUPYTER_BOOK, "create", "template"), folder)
    path = folder / "template" / "notebooks.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "metadata": {}, "source": INTERACT, "outputs": [], "execution_count": None}
    notebook["cells"].append(cell)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _sphinx_gallery(folder: Path) -> None:
    """A tutorial of one script with two figures."""
    (folder / "examples").mkdir()
    for name, text in {
        "conf.py": CONF,
        "index.rst": "Tutorials\n=========\n\n.. toctree::\n\n   tutorials/index\n",
        "examples/README.rst": "Tutorials\n=========\n",
        "examples/plot_rotate.py": TUTORIAL,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")


BOOKS = {
    "jupyter-book": Book(
        "jupyter-book", "template/_build/html/notebooks.html", _jupyter_book,
        (*JUPYTER_BOOK, "build", "template"),
    ),
    "sphinx-gallery": Book(
        "sphinx-gallery", "html/tutorials/plot_rotate.html", _sphinx_gallery,
        ("-m", "sphinx", "-b", "html", ".", "html"),
    ),
}  # fmt: skip
