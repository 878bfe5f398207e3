"""Show the explorables on the built page, without a kernel and without code from other hosts.

myst-nb writes the state of a notebook's widgets into its page. This extension then

1. keeps what our host script (``_static/stn-host.js``) can show: anywidgets, boxes of them, links between them;
2. writes each distinct front-end module and style sheet once into ``_static/widgets``, named by its hash;
3. puts the widget's ``_fallback`` image in the widget's place, for readers without JavaScript, and its state beside it;
4. writes the scripts of the first explorable right after it, so that it starts while the browser still loads the rest;
5. writes a sentence, with a link to a live kernel, in the place of a widget that needs a kernel.

A page without widgets loads nothing of this.
"""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import book_launch

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
HOST = "stn-host.js"
WORDS = {
    "kernel": "This control needs a running kernel.",
    "launch": "Open this page in Binder",
    "local": "Open this notebook in JupyterLab to use it.",
    "noscript": "With JavaScript, this figure is interactive.",
    "failed": "This figure could not start in your browser.",
}
_VIEW_SCRIPT = re.compile(rf'<script type="{re.escape(VIEW)}">(.*?)</script>', re.DOTALL)
_REFERENCE = re.compile(r"^IPY_MODEL_(\w+)$")
_CODE = "<!-- scripts of the first explorable -->"
_DEFAULT = re.compile(r"^export default (\S+);\n\Z", re.MULTILINE)  # ends a module that stn_lib.widgets has joined
_BOXES = {"BoxModel", "HBoxModel", "VBoxModel"}
_LINKS = {"LinkModel", "DirectionalLinkModel"}


def references(value) -> set[str]:
    """Return the ids of the models that a piece of widget state refers to.

    Example:
        >>> sorted(references({"children": ["IPY_MODEL_b", "IPY_MODEL_a"], "title": "IPY_MODEL"}))
        ['a', 'b']
    """
    if isinstance(value, str):
        found = _REFERENCE.match(value)
        return {found[1]} if found else set()
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(references, items))


class Page:
    """The widgets of one page: what is shown, with which models, modules and style sheets."""

    def __init__(self, models: dict[str, dict], launch: str | None = None):
        self.models, self.launch = models, launch
        self.scripts: dict[str, str] = {}
        self.styles: dict[str, str] = {}
        self.first: list[str] = []  # the scripts of the first explorable with a drawing and of those above it
        self._written: set[str] = set()

    def slot(self, view: dict) -> str:
        """Return the HTML for one widget view."""
        model_id = view.get("model_id", "")
        if not self.can_show(model_id):
            return self._needs_kernel()
        words, image = html.escape(WORDS["failed"], quote=True), self._static_image(model_id)
        state = json.dumps(self._state(model_id), separators=(",", ":")).replace("<", "\\u003c")
        slot = (
            f'<div class="stn-slot" data-stn-model="{html.escape(model_id)}" data-stn-failed="{words}">'
            f'<script class="stn-state" type="application/json">{state}</script><div class="stn-standin">{image}'
            f'<noscript><p class="stn-note">{html.escape(WORDS["noscript"])}</p></noscript></div></div>'
        )
        if self.first or "<figure" not in image:
            return slot
        self.first = [*self.scripts, HOST]
        return slot + _CODE

    def can_show(self, model_id: str) -> bool:
        """Return whether the host script can show this model without a kernel."""
        model = self.models.get(model_id, {})
        if model.get("model_module") == "anywidget":
            return bool(_DEFAULT.search(model["state"].get("_esm", "")))
        children = references(model.get("state", {}).get("children", []))
        return model.get("model_name") in _BOXES and bool(children) and all(map(self.can_show, children))

    def _state(self, model_id: str) -> dict[str, dict]:
        """Return the models that a view needs and no view above it had, and the links that they complete."""
        fresh, queue = set(), [model_id]
        while queue:
            one = queue.pop()
            if one in self.models and one not in self._written | fresh:
                fresh.add(one)
                queue += references(self.models[one]["state"].get("children", []))
        ready = self._written | fresh
        links = {i for i, m in self.models.items() if m["model_name"] in _LINKS and references(m["state"]) <= ready}
        links -= self._written
        self._written |= fresh | links
        # Names in place of modules and style sheets. Links come after what they link.
        return {i: self._slim(self.models[i]) for part in (fresh, links) for i in sorted(part)}

    def _slim(self, model: dict) -> dict:
        state = {
            k: v
            for k, v in model["state"].items()
            if k not in ("layout", "_fallback") and not k.startswith(("_view_", "_model_", "_dom_", "_anywidget"))
        }
        if "_esm" in state:
            state["_esm"] = _keep(self.scripts, state["_esm"])
        if "_css" in state:
            _keep(self.styles, state.pop("_css"))
        # A trait of bytes is in the buffers only, not in the state.
        buffers = [b for b in model.get("buffers", []) if b["path"][0] not in ("layout", "_fallback")]
        slim = {"name": model["model_name"], "state": state}
        return slim | ({"buffers": buffers} if buffers else {})

    def _static_image(self, model_id: str) -> str:
        model = self.models[model_id]
        children = model.get("state", {}).get("children")
        if children:
            return "".join(self._static_image(child.removeprefix("IPY_MODEL_")) for child in children)
        image = model["state"].get("_fallback") or ""
        for buffer in model.get("buffers", []):
            if buffer["path"] == ["_fallback"]:
                image = base64.b64decode(buffer["data"]).decode()
        return re.sub(r"^\s*<\?xml.*?\?>", "", image)

    def _needs_kernel(self) -> str:
        if self.launch:
            link = f'<a href="{html.escape(self.launch, quote=True)}">{WORDS["launch"]}</a>'
        else:
            link = WORDS["local"]
        return f'<p class="stn-note">{WORDS["kernel"]} {link}</p>'


def _keep(store: dict[str, str], text: str) -> str:
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    store[name] = text
    return name


def _as_script(name: str, text: str) -> str:
    """Return a module as a classic script with a function that makes its default export.

    Module scripts do not load from a folder (file://), and an import from memory takes the browser longer.
    """
    code = _DEFAULT.sub(r"return \1;\n", text)
    return f'(window.stnModules = window.stnModules || {{}})["{name}"] = () => {{\n{code}}};\n'


def _rewrite_page(app, pagename, templatename, context, doctree) -> None:
    scripts = context.get("script_files")
    if app.builder.format != "html" or not isinstance(scripts, list):
        return
    embedded = [s for s in scripts if getattr(s, "attributes", {}).get("type") == STATE]
    views = context.get("body", "")
    if not embedded and not _VIEW_SCRIPT.search(views):
        return
    scripts[:] = [s for s in scripts if s not in embedded and not str(s.filename).endswith(HOST)]
    models = json.loads(embedded[0].attributes["body"])["state"] if embedded else {}
    repository = book_launch.of_checkout(Path(app.srcdir))
    source = Path(app.env.doc2path(pagename)).relative_to(app.srcdir).as_posix()
    page = Page(models, repository.binder(source) if repository else None)
    context["body"] = _VIEW_SCRIPT.sub(lambda found: page.slot(json.loads(found[1])), views)
    if not page.scripts:
        return
    for folder, kind in ((page.scripts, "js"), (page.styles, "css")):
        for name, text in folder.items():
            _write(
                Path(app.outdir) / "_static" / "widgets" / f"{name}.{kind}",
                _as_script(name, text) if kind == "js" else text,
            )
    for name in page.styles:
        app.add_css_file(f"widgets/{name}.css")
    for name in page.scripts:
        if name not in page.first:
            app.add_js_file(f"widgets/{name}.js", loading_method="defer")
    if not page.first:
        app.add_js_file(HOST, loading_method="defer", priority=600)
    _start_early(app, context, page.first)


def _start_early(app, context, names: list[str]) -> None:
    """Write scripts in the place that the page keeps for them; the head announces them."""
    files = context["script_files"]
    before = len(files)
    for name in names:
        app.add_js_file(HOST if name == HOST else f"widgets/{name}.js")
    tags = [context["js_tag"](file) for file in files[before:]]
    del files[before:]
    context["body"] = context["body"].replace(_CODE, "".join(tags))
    addresses = [re.search('src="([^"]+)"', tag)[1] for tag in tags]
    links = [f'<link rel="preload" as="script" href="{address}">\n' for address in addresses]
    context["metatags"] = "".join(links) + context.get("metatags", "")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(text, encoding="utf-8")


def _sweep(app, error) -> None:
    """Delete modules and style sheets that no page uses any more."""
    folder = Path(app.outdir) / "_static" / "widgets"
    if error or app.builder.format != "html" or not folder.is_dir():
        return
    pages = "".join(page.read_text(encoding="utf-8") for page in Path(app.outdir).rglob("*.html"))
    for path in folder.iterdir():
        if path.name not in pages:
            path.unlink()


def _use_own_host(app, config) -> None:
    config.nb_ipywidgets_js = {HOST: {"defer": "defer"}}


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.connect("config-inited", _use_own_host, priority=100)
    app.connect("html-page-context", _rewrite_page, priority=800)
    app.connect("build-finished", _sweep)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
