"""What a screen reader is told: outputs are live regions, and are written only when their text changes."""

import pytest

from tests.widgets.makers import MAKERS
from tests.widgets.stage import Stage

HEAR = """() => {
    window.written = [];
    for (const node of document.querySelectorAll("output, [role=status], [aria-live]")) {
        let last = node.textContent;
        new MutationObserver(() => {
            if (node.textContent === last) window.written.push(last);
            last = node.textContent;
        }).observe(node, { childList: true, characterData: true, subtree: true });
    }
    document.documentElement.dataset.theme = "dark";
}"""


@pytest.mark.parametrize("make", MAKERS.values(), ids=[cls.__name__ for cls in MAKERS])
def test_a_redraw_writes_no_text_again(browser, make):
    """A change of the theme draws an explorable anew."""
    with Stage(browser, make()) as stage:
        stage.page.evaluate(HEAR)
        stage.settle()
        assert stage.page.evaluate("window.written") == []
        assert stage.errors == []
