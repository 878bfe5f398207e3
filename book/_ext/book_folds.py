"""Admonitions of the class ``dropdown`` are folds of HTML, `<details>`: they need no script and no second layout."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class fold(nodes.General, nodes.Element):
    """A folded admonition."""


class fold_title(nodes.TextElement):
    """What a folded admonition shows."""


class FoldAdmonitions(SphinxPostTransform):
    """Replace the admonitions by folds."""

    default_priority = 880
    formats = ("html",)

    def run(self, **_) -> None:
        """Replace those of this document."""
        for node in list(self.document.findall(nodes.admonition)):
            if "dropdown" not in node["classes"] or not isinstance(node.next_node(), nodes.title):
                continue
            title, *content = node.children
            new = fold("", fold_title("", "", *title.children), *content, **node.attributes)
            node.replace_self(new)


def _visit(translator, node) -> None:
    translator.body.append(translator.starttag(node, "details", CLASS="admonition"))


def _depart(translator, node) -> None:
    translator.body.append("</details>\n")


def _visit_title(translator, node) -> None:
    translator.body.append('<summary class="admonition-title">')


def _depart_title(translator, node) -> None:
    translator.body.append("</summary>\n")


def setup(app: Sphinx) -> dict:
    """Connect this extension to Sphinx."""
    app.add_node(fold, html=(_visit, _depart))
    app.add_node(fold_title, html=(_visit_title, _depart_title))
    app.add_post_transform(FoldAdmonitions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
