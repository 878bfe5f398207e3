"""A few of the random events of `python -m tests.widgets.fuzz`, and whether that command would notice a fault."""

import anywidget
import pytest

from tests.widgets import fuzz
from tests.widgets.stage import Stage

FAULTS = {
    "errors": "throw new Error('broken')",
    "errors: ['heard": "console.error('heard')",
    "absurd: ['0 of NaN": "el.firstChild.textContent = `0 of ${0 / 0} px`",
    "absurd: ['1e+21": "el.firstChild.textContent = 1e21",
    "absurd: ['aria-valuetext": "el.firstChild.setAttribute('aria-valuetext', 10000000)",
    "s of script in one frame": "const start = performance.now(); while (performance.now() - start < 300);",
}


@pytest.mark.parametrize("name", fuzz.EXPLORABLES)
def test_it_survives_random_events(browser, name):
    with Stage(browser, fuzz.EXPLORABLES[name]()) as stage:
        fuzz.Fuzz(stage, name, seed=0).run(events=6)


@pytest.mark.parametrize("told", FAULTS)
def test_a_fault_is_told_with_the_seed_and_the_events(browser, monkeypatch, told):
    class Faulty(anywidget.AnyWidget):
        _esm = f"""export default {{ render({{ el }}) {{
            el.className = "stn-widget";
            el.innerHTML = "<button>press</button>";
            el.addEventListener("click", () => {{ {FAULTS[told]} }});
        }} }}"""
        _css = ""

    monkeypatch.setattr(fuzz, "MOST_SECONDS", 0.02)
    with pytest.raises(AssertionError) as failed, Stage(browser, Faulty()) as stage:
        run = fuzz.Fuzz(stage, "Faulty", seed=3)
        run.acts = [run.do_click]
        run.run(events=10)
    assert "Faulty, seed 3, event" in str(failed.value) and told in str(failed.value)
    assert "\n  click" in str(failed.value)
