"""The fixtures of the explorables' tests."""

import json

import pytest

CALL = """async ([sources, body, args]) => {
    const load = (text) => {
        window.loaded ??= new Map();
        const made = () => import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
        if (!window.loaded.has(text)) window.loaded.set(text, made());
        return window.loaded.get(text);
    };
    const modules = await Promise.all(sources.map(load));
    const { default: act } = await load(`export default ${body}`);
    const plain = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
    return JSON.stringify(act(Object.assign({}, ...modules), args), plain);
}"""


@pytest.fixture(scope="session")
def call(browser):
    """Call ``(m, a) => …`` in the browser, on the exports of modules and on JSON arguments."""
    page = browser.new_page()
    page.goto("about:blank")

    def run(sources: list[str], body: str, args=None):
        return json.loads(page.evaluate(CALL, [sources, body, args]))

    yield run
    page.close()
