"""Chapters in JupyterLab, as a reader opens them: they run, explorables move Python's values, links hold."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

from tests.conftest import ROOT

CHAPTER = "05_sampling.ipynb"
BESIDE = """
import ipywidgets
point = SamplePoint(x=1.25, y=2.5)
slider = ipywidgets.FloatSlider(min=0, max=5, step=0.01)
heard = ipywidgets.Label("nothing yet")
ipywidgets.jslink((point, "x"), (slider, "value"))
point.observe(lambda change: setattr(heard, "value", f"Python heard {change['new']:.2f}"), "x")
ipywidgets.VBox([point, slider, heard])
"""
OPEN = """async (path) => {
  await window.jupyterapp.restored;
  const panel = await window.jupyterapp.commands.execute("docmanager:open", { path });
  await panel.context.ready;
  await panel.sessionContext.ready;
  window.panel = panel;
}"""
RUN = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab on a copy of the chapters, one of them a cell longer."""
    folder = tmp_path_factory.mktemp("lab")
    for room in ("book", "results"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("_*", ".*"))
    notebook = nbformat.read(folder / "book" / CHAPTER, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(BESIDE, id="beside"))
    nbformat.write(notebook, folder / "book" / CHAPTER)
    port, log = free_port(), folder / "lab.log"
    # A home of its own: no setting of this machine's user reaches the test, and it leaves none behind.
    home = {
        name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_RUNTIME_DIR")
    }
    options = [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder}",
    ]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--LabApp.expose_app_in_browser=True",
        *options,
    ]
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | home)
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(address + "api", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, log.read_text()
                time.sleep(0.25)
        else:
            pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:  # a kernel that would not end
            server.kill()


def run_all(browser, lab, chapter):
    """A page with a chapter that ran from top to bottom."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.goto(f"{lab}lab?reset")
    page.wait_for_function("() => window.jupyterapp")
    page.evaluate(OPEN, f"book/{chapter}")
    page.evaluate(RUN)
    page.wait_for_function("() => window.panel.sessionContext.session.kernel.status === 'idle'")
    return page


def scroll_to(page, output):
    """JupyterLab attaches the cells of a long notebook only near the window: scrolls until this one is there."""
    for _ in range(80):
        if output.count():
            break
        page.mouse.move(640, 600)
        page.mouse.wheel(0, 1500)
        page.wait_for_timeout(150)


@pytest.fixture(scope="module")
def page(browser, lab):
    page = run_all(browser, lab, CHAPTER)
    yield page
    page.context.close()


def cells(page):
    return page.evaluate("() => window.panel.context.model.toJSON()")["cells"]


def test_no_cell_fails(page):
    outputs = [output for cell in cells(page) for output in cell.get("outputs", [])]
    assert len(outputs) > 15
    assert [output for output in outputs if output["output_type"] == "error"] == []


def test_it_prints_what_it_proves(page):
    printed = json.dumps([cell.get("outputs", []) for cell in cells(page)])
    largest = float(re.search(r"largest difference ([\d.e+-]+)", printed)[1])
    assert largest < 1e-12


def test_notes_and_formulas_are_set_and_not_shown_as_source(page):
    page.evaluate(
        "() => { document.querySelector('.jp-Notebook .jp-WindowedPanel-outer, .jp-Notebook').scrollTop = 0; }"
    )
    page.locator(".jp-MarkdownOutput mjx-container, .jp-MarkdownOutput .katex, .jp-MarkdownCell .katex").first.wait_for(
        state="attached"
    )
    text = page.locator(".jp-Notebook").inner_text()
    assert ":::" not in text and "$$" not in text


def test_the_explorable_moves_python_and_a_linked_slider(page):
    output = page.locator(".jp-OutputArea-output").filter(has=page.locator(".widget-label"))
    scroll_to(page, output)
    handle = output.locator(".stn-handle").first
    handle.wait_for()
    handle.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)  # the picture follows with the next frame
    at = float(handle.get_attribute("aria-valuenow"))
    assert at > 1.25
    output.get_by_text(f"Python heard {at:.2f}").wait_for(timeout=10_000)
    assert float(output.locator(".widget-readout").inner_text()) == pytest.approx(at, abs=0.006)


@pytest.mark.parametrize(
    ("chapter", "widget", "control", "key"),
    [
        ("01_invariance.ipynb", ".stn-move-digit", ".stn-handle", "ArrowRight"),
        ("02_pooling_shift.ipynb", ".stn-pool-shift", "input[type=range]", "ArrowLeft"),
        ("03_affine.ipynb", ".stn-warp-image", ".stn-handle", "ArrowRight"),
        ("04_grid.ipynb", ".stn-trace-pixel", ".stn-marker", "ArrowRight"),
        ("06_module.ipynb", ".stn-align-image", ".stn-handle", "ArrowRight"),
    ],
)
def test_a_chapter_runs_and_its_explorable_answers_the_keyboard(browser, lab, chapter, widget, control, key):
    page = run_all(browser, lab, chapter)
    errors = [o for cell in cells(page) for o in cell.get("outputs", []) if o["output_type"] == "error"]
    assert errors == []
    explorable = page.locator(widget)
    scroll_to(page, explorable)
    before = explorable.inner_text()
    explorable.locator(control).first.focus()
    page.keyboard.press(key)  # once: two places on, an answer of eight bits is the same again
    page.wait_for_timeout(100)
    assert explorable.inner_text() != before
    page.context.close()
