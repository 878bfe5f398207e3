"""The small book, built once."""

import shutil

import pytest

from tests.book import small_book

CODE = """
import ipywidgets
import torch
from stn_lib.models import build
from stn_lib.widgets import MoveDigit, SamplePoint

one, two, three = SamplePoint(x=1.25), SamplePoint(x=3.5), SamplePoint(x=2.5)
ipywidgets.jslink((one, "x"), (two, "x"))
ipywidgets.jsdlink((one, "y"), (three, "y"))
display(ipywidgets.HBox([one, ipywidgets.VBox([two, three])]))
stubborn = build("cnn", torch.Generator().manual_seed(0), in_size=(40, 40))
last = stubborn[-1]
torch.nn.init.zeros_(last.weight)
torch.nn.init.zeros_(last.bias)
last.bias.data[7] = 5
display(MoveDigit(stubborn, digit=7))
ipywidgets.FloatSlider(description="needs Python")
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The small book as a clone of a repository on GitHub; its notebook shows boxes, links and what needs Python."""
    root = small_book.make(tmp_path_factory.mktemp("book"))
    small_book.write_notebook(root, CODE)
    small_book.set_remote(root)
    small_book.set_address(root, small_book.ADDRESS)
    status, told = small_book.build_in_process_of_its_own(root)
    assert status == 0, told
    return root


@pytest.fixture
def copy(built, tmp_path):
    """A copy of the built book, to change and build again."""
    return shutil.copytree(built, tmp_path / "book")
