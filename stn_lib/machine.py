"""The whole spatial transformer in one drawing, with the part that a chapter is about highlighted."""

import base64
import html
import io
import math
from functools import lru_cache
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import HTML

from stn_lib import palette
from stn_lib.grid import affine_grid
from stn_lib.sampling import grid_sample

#: The parts that `machine` can highlight, with their names in sentences.
PARTS = {
    "localization": "the localisation network",
    "theta": "θ",
    "grid": "the grid generator",
    "sampler": "the sampler",
    "classifier": "the classifier",
}

_WORDS = {
    "localization": ("localisation", "network"),
    "grid": ("grid", "generator"),
    "sampler": ("sampler",),
    "classifier": ("classifier",),
    "input": "U, the input",
    "output": "V, the output",
    "theta": "θ, six numbers",
    "points": "G, the sampling grid",
    "loss": "loss L",
    "way": "Solid arrows show the way forward, from the input to the answer. Dashed arrows show the way of the gradient: "
    "from the loss back to the localisation network, which learns where to look.",
    "lit": "This chapter is about {part}.",
    "text": "The localisation network computes θ from the input U. The grid generator makes the sampling grid G from θ. "
    "The sampler takes U and G and makes the output V. The classifier answers from V. The gradient goes the same way "
    "back: from the loss through the classifier, the sampler, the grid generator and θ to the localisation network.",
}

# The colour of each node's frame and text. Networks have no colour of their own.
_COLOURS = {
    "input": "source", "localization": "ink", "theta": "theta", "grid": "grid", "sampler": "ink", "output": "target",
    "classifier": "ink", "answer": "answer",
}  # fmt: skip

# From, to, the gradient that goes the other way (named once for each quantity).
_EDGES = (
    ("input", "localization", ""),
    ("localization", "theta", ""),
    ("theta", "grid", "∂L/∂θ"),
    ("grid", "sampler", "∂L/∂G"),
    ("input", "sampler", "∂L/∂U"),
    ("sampler", "output", ""),
    ("output", "classifier", "∂L/∂V"),
    ("classifier", "answer", ""),
)

_SCALE = 120 / 42  # px of the drawing for a pixel, the same for U and for V
_LANE = 6  # px from an arrow to the middle line between it and the gradient's arrow


class _Box(NamedTuple):
    """The place of a node: its centre and its size in px."""

    x: float
    y: float
    w: float
    h: float


class _Layout(NamedTuple):
    """Where everything is drawn at one width of the page; a text has x, y and an anchor."""

    name: str
    size: tuple[int, int]  # (W, H) in px
    nodes: dict[str, _Box]
    theta: tuple[float, float, str]
    points: tuple[float, float, str]
    points_lines: int
    gradients: dict[str, tuple[float, float, str]]


_WIDE = _Layout(
    "wide",
    (688, 292),
    {
        "localization": _Box(64, 46, 96, 84),
        "theta": _Box(199, 46, 118, 56),
        "grid": _Box(351, 46, 92, 84),
        "input": _Box(64, 208, 120, 120),
        "sampler": _Box(351, 208, 92, 84),
        "output": _Box(470, 208, 80, 80),
        "classifier": _Box(600, 208, 84, 84),
        "answer": _Box(676, 208, 20, 40),
    },
    (199, 96, "middle"),
    (367, 131, "start"),
    1,
    {
        "∂L/∂θ": (281.5, 70, "middle"),
        "∂L/∂G": (335, 131, "end"),
        "∂L/∂U": (214, 234, "middle"),
        "∂L/∂V": (534, 234, "middle"),
    },
)
_NARROW = _Layout(
    "narrow",
    (340, 506),
    {
        "input": _Box(64, 64, 120, 120),
        "localization": _Box(272, 64, 112, 84),
        "theta": _Box(272, 184, 118, 56),
        "grid": _Box(272, 304, 112, 84),
        "sampler": _Box(64, 304, 100, 84),
        "output": _Box(64, 440, 80, 80),
        "classifier": _Box(210, 440, 92, 84),
        "answer": _Box(314, 440, 18, 40),
    },
    (204, 189, "end"),
    (165, 271, "middle"),
    2,
    {
        "∂L/∂θ": (290, 241, "start"),
        "∂L/∂G": (165, 330, "middle"),
        "∂L/∂U": (80, 226, "start"),
        "∂L/∂V": (134, 466, "middle"),
    },
)


def machine(lit: str | None = None) -> HTML:
    """Draw the whole spatial transformer: forward arrows, the gradient's way back, one part highlighted.

    Convention:
        The image, θ, the grid and V are computed by the library: θ maps the points of V to points of U, and undoes the
        rotation, the scale and the shift of a test digit. U and V have one scale.

    Args:
        lit: the part that the chapter is about, a key of `PARTS`; None highlights nothing and colours all.

    Returns:
        Inline SVG with a text alternative that Jupyter and the built book display. Its colours follow the page. Where
        there are fewer than 600 px, it is laid out from top to bottom.

    Raises:
        ValueError: for an unknown part.

    Example:
        >>> "This chapter is about the grid generator." in machine("grid").data
        True

    Source: Jaderberg et al. 2015, figure 2.
    Chapter: cover, 3 to 6
    """
    if lit is not None and lit not in PARTS:
        raise ValueError(f"expected lit to be None or one of {', '.join(PARTS)}, got {lit!r}")
    said = f" {_WORDS['lit'].format(part=PARTS[lit])}" if lit else ""
    drawings = "".join(_svg(layout, lit) for layout in (_WIDE, _NARROW))
    return HTML(
        f'<figure class="stn-figure stn-machine">{_SHEET}<div class="stn-machine-box" role="img" '
        f'aria-label="{html.escape(_WORDS["text"] + said)}">{drawings}</div>'
        f"<figcaption>{html.escape(_WORDS['way'] + said)}</figcaption></figure>"
    )


# The narrow drawing is hidden in its own style as well, for a viewer that strips style sheets.
_SHEET = f"""<style>{palette.css()}{palette.DARK_PAGE} .stn-figure image {{ filter: invert(0.92); }}
.stn-machine {{ margin: 0; }}
.stn-machine-box {{ container: stn-machine / inline-size; }}
.stn-machine svg {{ width: 100%; height: auto; margin: 0 auto; }}
.stn-machine svg text {{ font-family: inherit; }}
.stn-machine-wide {{ max-width: 720px; display: block; }}
.stn-machine-narrow {{ max-width: 400px; display: none; }}
@container stn-machine (max-width: 599px) {{
  .stn-machine .stn-machine-wide {{ display: none !important; }}
  .stn-machine .stn-machine-narrow {{ display: block !important; }}
}}
</style>"""


@lru_cache(maxsize=1)
def _example() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
    """U (42, 42), θ (2, 3), V (28, 28) and the digit: θ undoes a rotation by 30 degrees, a scale of 0.85 and a shift."""
    from stn_lib.data import sample_digits

    digit, angle, scale, shift = 2, math.radians(30), 0.85, (3.0, 2.0)
    cos, sin = math.cos(angle), math.sin(angle)
    linear = torch.tensor([[cos, -sin], [sin, cos]]) / scale * 42 / 28  # the digit's own theta, output to input
    offset = -linear @ torch.tensor([[2 * shift[0] / 42], [2 * shift[1] / 42]])
    placed = torch.cat([linear, offset], 1)
    image = grid_sample(sample_digits()[digit][None], affine_grid(placed[None], (1, 1, 42, 42)))
    inverse = torch.linalg.inv(linear)
    theta = torch.cat([inverse, -inverse @ offset], 1)
    output = grid_sample(image, affine_grid(theta[None], (1, 1, 28, 28)))
    return image[0, 0], theta, output[0, 0], digit


def _paint(name: str) -> str:
    return f"var(--stn-{name}, {palette.LIGHT[name]})"


def _text(x: float, y: float, words: str, colour: str, size: float = 13, anchor: str = "middle", more: str = "") -> str:
    style = f"fill:{_paint(colour)};font-size:{size:g}px;text-anchor:{anchor};{more}"
    return f'<text x="{x:g}" y="{y:g}" style="{style}">{html.escape(words)}</text>'


def _path(d: str, colour: str, width: float = 1.5, more: str = "") -> str:
    return f'<path d="{d}" style="fill:none;stroke:{_paint(colour)};stroke-width:{width:g};{more}"/>'


def _svg(layout: _Layout, lit: str | None) -> str:
    """One layout of the drawing."""
    width, height = layout.size
    parts = [_edge(layout, edge, lit) for edge in _EDGES]
    parts += [_network(name, layout.nodes[name], lit) for name in ("localization", "grid", "sampler", "classifier")]
    parts += [
        _image(layout.nodes["input"], "input"),
        _window(layout.nodes["input"]),
        _image(layout.nodes["output"], "output"),
    ]
    parts += [_matrix(layout, lit), _answer(layout.nodes["answer"], lit)]
    style = "display:none" if layout.name == "narrow" else ""
    return (
        f'<svg class="stn-machine-{layout.name}" style="{style}" viewBox="0 0 {width} {height}" aria-hidden="true" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _edge(layout: _Layout, edge: tuple[str, str, str], lit: str | None) -> str:
    """The arrow from one node to another and, beside it, the gradient's arrow back, with their names."""
    start, end, gradient = edge
    a, b = layout.nodes[start], layout.nodes[end]
    on = lit is None or lit in (start, end)
    across = abs(a.y - b.y) < (a.h + b.h) / 2  # side by side
    way = 1 if (b.x > a.x if across else b.y > a.y) else -1
    gap = 5
    if across:
        middle = min(a, b, key=lambda box: box.h).y
        ends = (a.x + way * (a.w / 2 + gap), b.x - way * (b.w / 2 + gap))
    else:
        middle = min(a, b, key=lambda box: box.w).x
        under = 18 if start == "input" and way > 0 else 0  # the image's name is below it
        ends = (a.y + way * (a.h / 2 + gap) + under, b.y - way * (b.h / 2 + gap))
    # The gradient is drawn below or to the left of the arrow.
    forward, back = (middle - _LANE, middle + _LANE) if across else (middle + _LANE, middle - _LANE)
    if layout.name == "narrow" and not across:
        forward, back = back, forward
    arrows = _arrow(forward, ends, across, "ink" if on else "muted", 1.8 if on else 1.1)
    arrows += _arrow(
        back, ends[::-1], across, "gradient" if on else "muted", 1.8 if on else 1.1, "stroke-dasharray:4 3"
    )
    if gradient:
        x, y, anchor = layout.gradients[gradient]
        arrows += _text(x, y, gradient, "gradient" if on else "muted", anchor=anchor)
    if start == "grid":
        x, y, anchor = layout.points
        words = _WORDS["points"]
        first, rest = words.split(" ", 1) if layout.points_lines == 2 else (words, "")
        lines = [first + " " + rest.split(" ", 1)[0], rest.split(" ", 1)[1]] if rest else [first]
        for k, line in enumerate(lines):
            arrows += _text(x, y + 15 * k, line, "grid" if on else "muted", anchor=anchor)
    return arrows


def _arrow(lane: float, ends: tuple[float, float], across: bool, colour: str, width: float, more: str = "") -> str:
    start, tip = ends
    back = 6 if tip > start else -6

    def point(along: float, off: float = 0) -> str:
        return f"{along:g} {lane + off:g}" if across else f"{lane + off:g} {along:g}"

    head = f"M{point(tip - back, -3.5)}L{point(tip)}L{point(tip - back, 3.5)}"
    return _path(f"M{point(start)}L{point(tip)}", colour, width, more) + _path(
        head, colour, width, "stroke-linecap:round;stroke-linejoin:round"
    )


def _network(name: str, box: _Box, lit: str | None) -> str:
    """A box with a small sign and a name; the highlighted one is tinted, with a thick frame."""
    on = lit in (None, name)
    colour = _COLOURS[name] if on else "muted"
    left, top = box.x - box.w / 2, box.y - box.h / 2
    tint = 14 if lit == name else 0
    fill = f"color-mix(in srgb, {_paint(_COLOURS[name])} {tint}%, {_paint('paper')})" if tint else _paint("surface")
    frame = (
        f'<rect x="{left:g}" y="{top:g}" width="{box.w:g}" height="{box.h:g}" rx="10" '
        f'style="fill:{fill};stroke:{_paint(colour if on else "line")};stroke-width:{2.5 if lit == name else 1.5:g}"/>'
    )
    lines = _WORDS[name]
    bottom = top + box.h - 12
    weight = "font-weight:600" if on else ""
    words = "".join(
        _text(box.x, bottom - 15 * (len(lines) - 1 - k), line, colour, more=weight) for k, line in enumerate(lines)
    )
    sign = _SIGNS[name](box.x, top + (22 if len(lines) == 2 else 32), colour)
    return frame + sign + words


def _sign_localization(x: float, y: float, colour: str) -> str:
    """Three layers that grow smaller."""
    return "".join(
        _path(f"M{x + dx:g} {y - h:g}v{2 * h:g}", colour, 5, "stroke-linecap:round")
        for dx, h in ((-12, 11), (0, 8), (12, 4))
    )


def _sign_grid(x: float, y: float, colour: str) -> str:
    """A rotated grid of points."""
    cos, sin = math.cos(0.35), math.sin(0.35)
    points = [(8 * i, 8 * j) for j in (-1, 0, 1) for i in (-1, 0, 1)]
    return "".join(
        f'<circle cx="{x + cos * i + sin * j:.2f}" cy="{y - sin * i + cos * j:.2f}" r="2" style="fill:{_paint(colour)}"/>'
        for i, j in points
    )


def _sign_sampler(x: float, y: float, colour: str) -> str:
    """A point between four pixels."""
    squares = "".join(
        f'<rect x="{x + i:g}" y="{y + j:g}" width="13" height="13" rx="1.5" '
        f'style="fill:none;stroke:{_paint(colour)};stroke-width:1.3"/>'
        for i in (-14, 1)
        for j in (-14, 1)
    )
    dot = f'<circle cx="{x + 2.5:g}" cy="{y - 3:g}" r="3.6" style="fill:{_paint(colour)};stroke:{_paint("surface")}"/>'
    return squares + dot


def _sign_classifier(x: float, y: float, colour: str) -> str:
    """Bars, one of them the longest."""
    return "".join(
        _path(f"M{x + dx:g} {y + 12:g}v{-h:g}", colour, 5) for dx, h in ((-16, 6), (-8, 3), (0, 24), (8, 5), (16, 8))
    )


_SIGNS = {
    "localization": _sign_localization,
    "grid": _sign_grid,
    "sampler": _sign_sampler,
    "classifier": _sign_classifier,
}


def _image(box: _Box, name: str) -> str:
    """U or V as pixels, with its name below."""
    image, _, output, _ = _example()
    ink = np.zeros((*(image if name == "input" else output).shape, 4))
    ink[..., 3] = (image if name == "input" else output).numpy().clip(0, 1)
    buffer = io.BytesIO()
    plt.imsave(buffer, ink, format="png", metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    place = f'x="{box.x - box.w / 2:g}" y="{box.y - box.h / 2:g}" width="{box.w:g}" height="{box.h:g}"'
    colour = _COLOURS[name]
    return (
        f'<image {place} href="data:image/png;base64,{data}" style="image-rendering:pixelated"/>'
        f'<rect {place} rx="3" style="fill:none;stroke:{_paint(colour)};stroke-width:2"/>'
        + _text(box.x, box.y + box.h / 2 + 18, _WORDS[name], colour, more="font-weight:600")
    )


def _window(box: _Box) -> str:
    """Every fourth row and column of the sampling grid, drawn over U."""
    theta = _example()[1]
    ends = torch.linspace(-1, 1, 8)
    lines = []
    for k in ends.tolist():
        for a, b in (((-1, k), (1, k)), ((k, -1), (k, 1))):
            points = [(theta @ torch.tensor([*p, 1.0])) * box.w / 2 for p in (a, b)]
            lines.append("M" + "L".join(f"{box.x + p[0].item():.1f} {box.y + p[1].item():.1f}" for p in points))
    return _path("".join(lines), "grid", 1)


def _matrix(layout: _Layout, lit: str | None) -> str:
    """The six numbers of θ between brackets, and their name."""
    box, on = layout.nodes["theta"], lit in (None, "theta")
    colour = "theta" if on else "muted"
    left, top, right = box.x - box.w / 2, box.y - box.h / 2, box.x + box.w / 2
    tint = (
        f'<rect x="{left:g}" y="{top:g}" width="{box.w:g}" height="{box.h:g}" rx="6" '
        f'style="fill:color-mix(in srgb, {_paint("theta")} 14%, {_paint("paper")})"/>'
        if lit == "theta"
        else ""
    )
    width = 2.5 if lit == "theta" else 1.8
    brackets = _path(f"M{left + 7:g} {top:g}h-7v{box.h:g}h7M{right - 7:g} {top:g}h7v{box.h:g}h-7", colour, width)
    numbers = "".join(
        _text(
            left + 43 + 33 * column, box.y - 7 + 24 * row, f"{value:.2f}".replace("-", "−"), colour, anchor="end",
            more="font-variant-numeric:tabular-nums",
        )
        for row, values in enumerate(_example()[1].tolist())
        for column, value in enumerate(values)
    )  # fmt: skip
    x, y, anchor = layout.theta
    name = _text(x, y, _WORDS["theta"], colour, anchor=anchor, more="font-weight:600" if on else "")
    return tint + brackets + numbers + name


def _answer(box: _Box, lit: str | None) -> str:
    """The digit that the classifier answers, and the loss, where the gradient starts."""
    on = lit in (None, "classifier")
    return _text(
        box.x, box.y + 11, str(_example()[3]), "answer" if on else "muted", 32, more="font-weight:700"
    ) + _text(box.x + box.w / 2, box.y + 38, _WORDS["loss"], "gradient" if on else "muted", anchor="end")
