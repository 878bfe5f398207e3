"""Figures: valid SVG in the page's colours, and images that show the numbers they were given."""

import base64
import io
import os
import re
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from stn_lib import plotting
from stn_lib.plotting import COLOURS, figure, pixels, show

XLINK = "{http://www.w3.org/1999/xlink}href"


def svg_of(output):
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", output.data, re.S)[0])


def draw(caption="A line.", image=None, **options):
    with figure(1, 2, **options) as (fig, axes):
        for name in ("source", "theta"):
            axes[0].plot([0, 1], [0, 1], color=COLOURS[name], label=name)
        axes[0].legend()
        pixels(axes[1], torch.rand(3, 5) if image is None else image, "pixels")
        return show(fig, caption)


def test_every_colour_follows_the_page():
    text = re.sub("<style>.*?</style>", "", draw().data, count=1, flags=re.S)
    assert "var(--stn-source, #0271d6)" in text and "var(--stn-theta, #4a1a9c)" in text
    loose = set(re.findall(r"(?<!, )#[0-9a-f]{6}\b", text)) - {"#000000"}
    assert not loose, "colours that the dark page cannot change"


def test_its_name_is_its_caption_even_with_signs():
    output = draw('Weights < 1 & "areas"')
    assert svg_of(output).get("aria-label") == 'Weights < 1 & "areas"'
    assert "<figcaption>Weights &lt; 1 &amp;" in output.data


def test_two_runs_draw_the_same_bytes():
    torch.manual_seed(0)
    first = draw().data
    torch.manual_seed(0)
    assert draw().data == first


def test_ids_of_a_page_are_unique_and_all_its_links_lead_somewhere():
    ids, wanted = [], set()
    for caption in ("One.", "Two."):
        root = svg_of(draw(caption))
        ids += [node.get("id") for node in root.iter() if node.get("id")]
        for node in root.iter():
            text = " ".join(node.attrib.values())
            wanted |= set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r"^#(\S+)$", node.get(XLINK, "")))
    assert len(ids) == len(set(ids))
    assert wanted <= set(ids)


def test_pictures_are_ink_by_their_values():
    """Oracle: the numbers themselves, read back from the PNG inside the SVG."""
    image = np.array([[0.0, 0.25, 0.5], [0.75, 1.0, 2.0]])
    (node,) = [node for node in svg_of(draw(image=image)).iter() if node.tag.endswith("}image")]
    raster = plt.imread(io.BytesIO(base64.b64decode(node.get(XLINK).split(",")[1])), format="png")
    opacity = raster[..., 3]
    rows, columns = (
        np.linspace(0, size, 2 * n + 1)[1::2].astype(int) for size, n in zip(opacity.shape, (2, 3), strict=True)
    )
    found = opacity[np.ix_(rows, columns)]
    if "scale(1 -1)" in node.get("transform", ""):  # stored upside down, and turned back by the SVG
        found = found[::-1]
    np.testing.assert_allclose(found, image.clip(0, 1), atol=0.01)


def test_low_and_high_choose_the_ends():
    with figure() as (_, ax):
        pixels(ax, torch.tensor([[-1.0, 1.0, 3.0]]), low=-1, high=3)
        np.testing.assert_allclose(ax.images[0].get_array()[..., 3], [[0, 0.5, 1]])


@pytest.mark.parametrize("image", [torch.zeros(1, 3, 5), torch.zeros(5)])
def test_a_picture_has_two_dimensions(image):
    with figure() as (_, ax), pytest.raises(ValueError, match=r"expected an image \(H, W\)"):
        pixels(ax, image)


def test_low_lies_below_high():
    with figure() as (_, ax), pytest.raises(ValueError, match="low < high"):
        pixels(ax, torch.zeros(2, 2), low=1, high=1)


def test_the_figure_is_closed_even_after_an_error_and_the_style_stays_inside():
    before, size = plt.get_fignums(), plt.rcParams["font.size"]
    with pytest.raises(RuntimeError), figure():
        assert plt.rcParams["font.size"] != size
        raise RuntimeError
    assert plt.get_fignums() == before and plt.rcParams["font.size"] == size


@pytest.mark.parametrize(
    "page", ['html data-theme="light"', 'html data-theme="dark"', 'html><body data-jp-theme-light="false"']
)
def test_ink_stands_out_on_the_light_page_the_dark_page_and_in_a_dark_jupyterlab(browser, page):
    """Oracle: the pixels that a browser shows."""
    dark = "light" not in page.split("=")[1] or "false" in page
    tab = browser.new_page()
    paper = "#12161d" if dark else "#ffffff"
    tab.set_content(f"<!doctype html><{page}><div style='background:{paper}'>{draw(image=torch.eye(6)).data}</div>")
    shot = plt.imread(io.BytesIO(tab.locator(".stn-figure image").screenshot()), format="png")[..., :3].mean(-1)
    tab.close()
    assert shot.max() > 0.85 and shot.min() < 0.15, "ink and paper are both there"
    assert (np.median(shot) < 0.15) == dark, "most of it is paper"


@pytest.mark.process
def test_the_import_limits_torch_to_one_thread_and_that_of_the_library_does_not():
    """Oracle: torch's own count, of a process that asked for three threads."""
    code = """
import torch
torch.set_num_threads(3)
from stn_lib import data, exercises, models, results, training, widgets
print(torch.get_num_threads())
from stn_lib import plotting
print(torch.get_num_threads())
torch.set_num_threads(2)
print(torch.get_num_threads())
"""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "1", "2"]


@pytest.mark.parametrize(("variable", "threads"), [(None, 1), ("3", 3)])
def test_omp_num_threads_overrides_the_limit(monkeypatch, variable, threads):
    """Oracle: the count before, when the variable is set."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if variable:
        monkeypatch.setenv("OMP_NUM_THREADS", variable)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        runpy.run_path(plotting.__file__)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
