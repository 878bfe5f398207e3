"""The registries of data sets and distortions: that one declaration is enough, and that reading them needs no torch."""

import re
import subprocess
import sys

import pytest
import torch

from stn_lib import data
from stn_lib.data import (
    DATASETS,
    DISTORTIONS,
    Dataset,
    DigitsSplit,
    Distortion,
    held_out_set,
    load_dataset,
    mnist,
    training_batch,
)
from stn_lib.training import TrainConfig


@pytest.mark.parametrize("registry", [DATASETS, DISTORTIONS], ids=["data sets", "distortions"])
def test_entries_have_their_own_names_and_words(registry):
    """Oracle: what the command line's help and the page's table need."""
    for name, entry in registry.items():
        assert entry.name == name and 10 < len(entry.description) < 100 and not entry.description.endswith(".")
    assert len({entry.description for entry in registry.values()}) == len(registry)


def test_titles_fit_the_head_of_a_column():
    """Oracle: at most three words, each title once."""
    titles = [distortion.title for distortion in DISTORTIONS.values()]
    assert all(1 <= len(title.split()) <= 3 for title in titles) and len(set(titles)) == len(titles)


def test_declared_words_say_the_declared_sizes():
    """Oracle: height and width of every distorted image, in the description."""
    for distortion in DISTORTIONS.values():
        assert "{} × {} pixels".format(*distortion.out_size) in distortion.description


@pytest.mark.parametrize("hold_out", ["test", "validation"])
def test_the_embedded_digits_are_loaded(hold_out):
    """Oracle: the loader itself."""
    for got, expected in zip(load_dataset("digits", hold_out), data.load_digits_split(hold_out=hold_out), strict=True):
        assert torch.equal(got, expected)


def test_mnist_is_loaded_by_its_own_loader(monkeypatch):
    """Oracle: what the loader was called with."""
    monkeypatch.setattr(mnist, "load_mnist", lambda hold_out: ("MNIST", hold_out))
    assert load_dataset("mnist", "validation") == ("MNIST", "validation")
    assert DATASETS["mnist"].final_test and not DATASETS["digits"].final_test


def two_images(hold_out):
    """A data set of two classes: horizontal and vertical stripes."""
    image = (torch.arange(28) % 4 < 2).float().expand(1, 28, 28)
    images, labels = torch.stack([image, image.mT] * 6), torch.tensor([0, 1] * 6)
    return DigitsSplit(images[:8], labels[:8], images[8:], labels[8:])


def test_one_declaration_is_enough_for_a_data_set_and_for_a_distortion(monkeypatch):
    """Oracle: the images of the new data set, which the new distortion leaves as they are."""
    monkeypatch.setitem(DATASETS, "two images", Dataset("two images", "two classes of stripes", two_images))
    monkeypatch.setitem(DISTORTIONS, "still", Distortion("still", (28, 28), 0.0, description="no distortion"))
    split = load_dataset("two images")
    images, labels = training_batch(split, "still", 20, generator=torch.Generator().manual_seed(0))
    for image, label in zip(images, labels.tolist(), strict=True):
        torch.testing.assert_close(image, split.train_images[label], rtol=0, atol=1e-5)
    held_out = held_out_set(split, "still", copies=2)
    torch.testing.assert_close(held_out.images, split.test_images.repeat(2, 1, 1, 1), rtol=0, atol=1e-5)
    assert TrainConfig(dataset="two images", distortion="still").recipe == DISTORTIONS["still"]


@pytest.mark.parametrize(("name", "said"), [("mnits", "did you mean 'mnist'?"), ("cifar", "got 'cifar'$")])
def test_an_unknown_data_set_is_refused(name, said):
    """Oracle: the message names the known ones, and the nearest one if there is one."""
    with pytest.raises(ValueError, match=re.escape(f"expected dataset in {sorted(DATASETS)}, got '{name}'")) as caught:
        load_dataset(name)
    assert said.rstrip("$") in str(caught.value) and ("did you" in said) == ("did you" in str(caught.value))


@pytest.mark.process
def test_reading_the_declarations_loads_no_torch():
    """Oracle: the modules of a new process."""
    code = (
        "import sys, stn_lib.data.datasets, stn_lib.data.distortions, stn_lib.models; "
        "from stn_lib.data import DATASETS, DISTORTIONS; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("module", ["shift", "view_change", "distort"])
def test_functions_named_as_their_modules_stay_functions(module):
    """Oracle: callable, after the module of the same name is imported. It would hide a lazily exported function."""
    __import__(f"stn_lib.data.{module}")
    assert callable(getattr(data, module))
