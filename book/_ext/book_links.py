"""Links in the text that set an explorable: ``[a quarter turn](#rotate-point?by=90)``.

MyST takes a link that begins with ``#`` for a reference to a heading. One with a question mark is the address of an
explorable's state, which the explorable follows (``stn_lib/widgets/shared/address_state.js``).
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

CLASS = "stn-set"


class KeepStateLinks(SphinxTransform):
    """Keep the address of a link to a state as it is written."""

    default_priority = 870  # before MyST's ResolveAnchorIds, 879

    def apply(self, **_) -> None:
        """Mark the links of this document."""
        for link in self.document.findall(nodes.reference):
            if link.get("id_link") and "?" in link["refuri"]:
                del link["id_link"]
                link["classes"].append(CLASS)


def setup(app) -> dict:
    """Connect this extension to Sphinx."""
    app.add_transform(KeepStateLinks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
