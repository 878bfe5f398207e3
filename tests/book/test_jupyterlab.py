"""JupyterLab as a reader has it: a chapter runs, explorables move Python's values, links hold, every widget answers.

The book's build executes every cell of every chapter, so one chapter is enough here; the widgets of the others stand
in one light notebook.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from stn_lib import widgets
from tests.conftest import ROOT

pytestmark = pytest.mark.process

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
LIGHT = "light.ipynb"
ELSEWHERE = "elsewhere"  # an empty folder: nothing of the repository lies beside the notebooks
SETUP = """
import torch
from stn_lib import widgets
from stn_lib.models import CNN
from experiments import table1

guess = {"span": (1, 90), "unit": "%"}
frames = [
    {"step": step, "theta": torch.eye(3)[:2].repeat(2, 1, 1) * scale}
    | {name: {net: value for net in ("cnn", "st-cnn")} for name, value in (("answers", [1, 2]), ("error", 9), ("loss", 1))}
    for step, scale in ((0, 1.0), (10, 0.5))
]
"""
# Each explorable: the arguments that make it, a control of it, the key that moves it.
EXPLORABLES = {
    "AlignImage": ("", ".stn-handle", "ArrowRight"),
    "ByHand": ("'sum', '1 + 1?', ('result',), answer=lambda: 2, solution='2'", "input", "Enter"),
    "DrawDigit": ("example=7", ".stn-handle", "ArrowRight"),
    "Estimate": ("'guess', 'How many?', ('CNN', 'ST-CNN'), **guess", "input[type=range]", "End"),
    "LossAlongShift": ("torch.rand(8, 8), goal=2", "input[type=range]", "ArrowLeft"),
    "MoveBird": ("", ".stn-handle", "ArrowRight"),
    "MoveDigit": ("CNN(in_size=(40, 40)), digit=8", ".stn-handle", "ArrowRight"),
    "PaperTable": ("table1.rows(table1.load_results())", "td button", "ArrowRight"),
    "PoolShift": ("torch.rand(8, 8)", "input[type=range]", "ArrowLeft"),
    "Prediction": ("'key', '1 + 1?', [('2', True, 'Yes.'), ('11', False, 'No.')]", ".stn-option", "Enter"),
    "ReadNumber": ("", ".stn-handle", "ArrowRight"),
    "ReplayTraining": ("torch.rand(2, 1, 12, 16), [1, 2], frames", "input[type=range]", "ArrowLeft"),
    "SamplePoint": ("", ".stn-handle", "ArrowRight"),
    "StraightenDigit": ("digit=7", ".stn-handle", "ArrowRight"),
    "TracePixel": ("", ".stn-marker", "ArrowRight"),
    "RotatePoint": ("", ".stn-handle", "ArrowRight"),
    "WarpImage": ("", ".stn-handle", "ArrowRight"),
}
OPEN = """async (path) => {
  await window.jupyterapp.restored;
  const panel = await window.jupyterapp.commands.execute("docmanager:open", { path });
  await panel.context.ready;
  await panel.sessionContext.ready;
  window.panel = panel;
}"""
RUN = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
# JupyterLab 4.5.11, @jupyterlab/cell-toolbar: when the browser is idle, its tracker reads `renderedInput.node` of the
# active Markdown cell, which may have no output yet. The notebook need not have a widget.
FAULT_OF_JUPYTERLAB = "_markdownOverlapsToolbar"
SHOWN = """(widget) => widget.innerHTML
  + [...widget.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL())"""


def test_every_explorable_is_tried():
    assert set(EXPLORABLES) == {name for name in vars(widgets) if name[0].isupper()}, "see EXPLORABLES in this file"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_notebooks(folder):
    """The chapter, a cell longer; the light notebook: a cell for each explorable."""
    import nbformat  # two seconds, which only this module's worker need wait for

    chapter = nbformat.read(ROOT / "book" / CHAPTER, as_version=4)
    chapter.cells.append(nbformat.v4.new_code_cell(BESIDE, id="beside"))
    light = nbformat.v4.new_notebook(metadata=chapter.metadata)
    sources = [SETUP, *(f"widgets.{name}({arguments})" for name, (arguments, *_) in EXPLORABLES.items())]
    light.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for name, notebook in ((CHAPTER, chapter), (LIGHT, light)):
        nbformat.write(notebook, folder / name)


def wait_for(server, address, log):
    for _ in range(240):
        try:
            return urllib.request.urlopen(address + "api", timeout=5).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.25)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab with the two notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / ELSEWHERE).mkdir()
    write_notebooks(folder / ELSEWHERE)
    port, log = free_port(), folder / "lab.log"
    # Folders of its own: no setting of this machine's user reaches the test, and it leaves none behind.
    home = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_RUNTIME_DIR")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--LabApp.expose_app_in_browser=True", "--ServerApp.port_retries=0", "--IdentityProvider.token="),
        *(f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"),
    ]
    with log.open("w") as out:
        environment = os.environ | {name: str(folder / name) for name in home}
        server = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for(server, address, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:  # a kernel that would not end
            server.kill()


@pytest.fixture(scope="module")
def thrown():
    """The stacks of the errors that nothing caught in the page."""
    return []


@pytest.fixture(scope="module")
def page(browser, lab, thrown):
    """JupyterLab in a browser."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.on("pageerror", lambda error: thrown.append(error.stack))
    page.goto(f"{lab}lab?reset")
    page.wait_for_function("() => window.jupyterapp")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def ran(page):
    """The names of the notebooks that ran."""
    return set()


def notebook(page, ran, name):
    """Bring a notebook to the front; the first time, run it from top to bottom."""
    page.evaluate(OPEN, f"{ELSEWHERE}/{name}")
    if name not in ran:
        page.evaluate(RUN)
        page.wait_for_function("() => window.panel.sessionContext.session.kernel.status === 'idle'")
        ran.add(name)
    return page


@pytest.fixture
def chapter(page, ran):
    return notebook(page, ran, CHAPTER)


@pytest.fixture
def light(page, ran):
    return notebook(page, ran, LIGHT)


def notebook_of(page):
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def scroll_to(page, output):
    """Scroll until an output is there: JupyterLab attaches the cells of a long notebook only near the window."""
    page.mouse.move(640, 600)
    for _ in range(200):
        if output.count():
            break
        page.mouse.wheel(0, 600)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def outputs(page):
    cells = page.evaluate("() => window.panel.context.model.toJSON()")["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def errors(page):
    return [output for output in outputs(page) if output["output_type"] == "error"]


def test_no_cell_of_the_chapter_fails(chapter):
    assert len(outputs(chapter)) > 15 and errors(chapter) == []


def test_it_prints_what_it_proves(chapter):
    largest = float(re.search(r"largest difference ([\d.e+-]+)", json.dumps(outputs(chapter)))[1])
    assert largest < 1e-12


def test_notes_and_formulas_are_set_and_not_shown_as_source(chapter):
    chapter.evaluate(
        "() => { document.querySelector('.jp-Notebook .jp-WindowedPanel-outer, .jp-Notebook').scrollTop = 0; }"
    )
    formulas = ".jp-MarkdownOutput mjx-container, .jp-MarkdownOutput .katex, .jp-MarkdownCell .katex"
    chapter.locator(formulas).first.wait_for(state="attached")
    text = notebook_of(chapter).locator(".jp-Notebook").inner_text()
    assert ":::" not in text and "$$" not in text


def test_the_explorable_moves_python_and_a_linked_slider(chapter):
    output = notebook_of(chapter).locator(".jp-OutputArea-output").filter(has=chapter.locator(".widget-label"))
    scroll_to(chapter, output)
    handle = output.locator(".stn-handle").first
    handle.wait_for()
    before = handle.get_attribute("aria-valuenow")
    handle.focus()
    for _ in range(3):
        chapter.keyboard.press("ArrowRight")
    chapter.wait_for_function(  # the image follows with the next frame
        "([handle, before]) => handle.getAttribute('aria-valuenow') !== before", arg=[handle.element_handle(), before]
    )
    chapter.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    at = float(handle.get_attribute("aria-valuenow"))
    assert at > 1.25
    output.get_by_text(f"Python heard {at:.2f}").wait_for(timeout=10_000)
    assert float(output.locator(".widget-readout").inner_text()) == pytest.approx(at, abs=0.006)


def test_no_cell_of_the_light_notebook_fails(light):
    assert errors(light) == []


@pytest.mark.parametrize("name", EXPLORABLES)
def test_an_explorable_answers_the_keyboard(light, name):
    _, control, key = EXPLORABLES[name]
    slug = re.sub(r"\B([A-Z])", r"-\1", name).lower()
    explorable = notebook_of(light).locator(f".stn-{slug}")
    scroll_to(light, explorable)
    explorable.locator(control).first.focus()
    before = explorable.evaluate(SHOWN)
    light.keyboard.press(key)  # once: two places on, an answer of eight bits is the same again
    light.wait_for_function(
        f"([widget, before]) => ({SHOWN})(widget) !== before", arg=[explorable.element_handle(), before], timeout=5_000
    )


def test_nothing_was_thrown_but_a_fault_of_jupyterlab(chapter, light, thrown):
    """The last of this module: it looks at all that the tests before it did."""
    assert [stack for stack in thrown if FAULT_OF_JUPYTERLAB not in stack] == []
