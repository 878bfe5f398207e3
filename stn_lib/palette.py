"""Define one colour per concept for the whole book: for its prose, formulas, figures and widgets.

The six concept colours were chosen together. Each has a contrast of at least 4.5:1 with the page; for normal,
protanopic and deuteranopic sight every pair differs by at least 20 (CIE76), mostly in lightness. Colour is never the only
carrier of meaning: a shape or a label has the same meaning.
"""

#: The colours on the light page.
LIGHT = {
    "source": "#0271d6",  # the input image U, source coordinates
    "target": "#c2480a",  # the output image V, target coordinates
    "theta": "#4a1a9c",  # the parameters of the transform
    "grid": "#137a77",  # the sampling grid
    "gradient": "#970927",  # derivatives
    "answer": "#12304f",  # what a network answers
    "ink": "#1b222c",
    "muted": "#5a6675",
    "line": "#d5dbe3",
    "surface": "#f5f7fa",
    "paper": "#ffffff",
    "ok": "#1c6b3c",
    "bad": "#9f2d20",
}

#: The same concepts on the dark page.
DARK = {
    "source": "#4f9ff5",
    "target": "#f99746",
    "theta": "#d8c4ff",
    "grid": "#3dc0aa",
    "gradient": "#e2586f",
    "answer": "#f3fbff",
    "ink": "#e6ebf2",
    "muted": "#9dabbc",
    "line": "#333d4b",
    "surface": "#1a212b",
    "paper": "#12161d",
    "ok": "#68c78e",
    "bad": "#f08a7c",
}

# The book's theme marks dark mode on <html>, JupyterLab on <body>.
DARK_PAGE = ':is(html[data-theme="dark"], body[data-jp-theme-light="false"])'


def css() -> str:
    """Return the palette as CSS variables (``--stn-source`` …) for the light and the dark page, and a class per concept.

    Returns:
        A style sheet; every other style sheet of the book uses these variables and no colour of its own.

    Example:
        >>> "--stn-source: #0271d6;" in css()
        True
    """

    def block(selector: str, colours: dict[str, str]) -> str:
        lines = "".join(f"  --stn-{name}: {value};\n" for name, value in colours.items())
        return f"{selector} {{\n{lines}}}\n"

    concepts = list(LIGHT)[: list(LIGHT).index("ink")]
    classes = "".join(f".stn-{name} {{ color: var(--stn-{name}); }}\n" for name in concepts)
    return block(":root", LIGHT) + block(DARK_PAGE, DARK) + classes
