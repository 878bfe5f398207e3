"""The paper's table without JavaScript: the gaps, and the plain networks' error rates."""

import html
from collections.abc import Mapping
from typing import Any

from stn_lib.widgets._base import figure

MARKS = {  # of different shapes
    "lowers": '<circle cx="5" cy="5" r="4" style="fill:var(--stn-ok)"/>',
    "raises": '<path d="M5 1.4 9 8.6H1z" style="fill:none;stroke:var(--stn-bad);stroke-width:1.5"/>',
    "unclear": '<path d="M5 1.2 8.8 5 5 8.8 1.2 5z" style="fill:none;stroke:var(--stn-muted);stroke-width:1.4"/>',
    "none": '<circle cx="5" cy="5" r="3.6" style="fill:none;stroke:var(--stn-muted);stroke-width:1.3"/>',
}


def still_table(words: Mapping[str, Any], families: list, distortions: list[str], cells: Mapping[str, dict]) -> str:
    """The table as HTML.

    Args:
        words: of the explorable.
        families: pairs of a plain network and all networks of its family, the plain one first.
        distortions: the columns.
        cells: by their ids.
    """
    heads = "".join(
        f'<th scope="col">{_text(words["tasks"][d])}<span>{_text(words["short"][d])}</span></th>' for d in distortions
    )
    bodies = []
    for family, networks in families:
        rows = []
        for network in networks:
            unit = f" <small>{_text(words['unit'])}</small>" if network == family else ""
            figures = "".join(_cell(words, cells[f"{d}-{network}"]) for d in distortions)
            rows.append(f'<tr><th scope="row">{_text(words["rows"][network])}{unit}</th>{figures}</tr>')
        bodies.append(f"<tbody>{''.join(rows)}</tbody>")
    table = (
        f'<table class="stn-table"><caption>{_text(words["captions"]["gap"])}</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead>{''.join(bodies)}</table>"
    )
    key = dict(words["reading"])
    told = (
        f"First ours, then the paper’s. Dot: {key['lowers']} Triangle: {key['raises']} Diamond: {key['unclear']} Ring: "
        f"{key['none']} {words['ranges'][0]} † {words['note']}"
    )
    return figure(table, told).replace("stn-fallback", "stn-fallback stn-still", 1)


def _cell(words: Mapping[str, Any], cell: dict) -> str:
    plain = not cell["network"].startswith("st-")
    ours, paper = (cell["error"], cell["paper"]) if plain else (cell["gap"] and cell["gap"]["points"], cell["paperGap"])
    paper = words["dagger"].format(value=paper) if cell["shared"] else paper
    mark = cell["mark"] != "plain" and (
        f'<svg viewBox="0 0 10 10" width="9" height="9" role="img" '
        f'aria-label="{_text(dict(words["reading"])[cell["mark"]])}">{MARKS[cell["mark"]]}</svg>'
    )
    return (
        f'<td data-mark="{cell["mark"]}"><b>{words["none"] if ours is None else _signed(ours)}</b> '
        f"<small>{mark or ''} {_text(paper)}</small>{'' if plain else _range(cell)}</td>"
    )


def _range(cell: dict) -> str:
    """Our gap in its interval, 0 and the paper's gap, on the axis that the cells of a family and a column share."""
    low, high = cell["scale"]
    gap = cell["gap"] or {"points": None, "interval": None}

    def at(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.1f}%"

    def upright(value: float, colour: str, width: float) -> str:
        style = f"stroke:var(--stn-{colour});stroke-width:{width}"
        return f'<line x1="{at(value)}" x2="{at(value)}" y1="0" y2="9" style="{style}"/>'

    shapes = [upright(0, "muted", 1), upright(cell["paperGap"], "muted", 2.5)]
    name = 'aria-hidden="true"'
    if gap["interval"]:
        first, last = gap["interval"]
        name = f'role="img" aria-label="95 % interval {_signed(first)} to {_signed(last)}"'
        shapes.append(
            f'<rect x="{at(first)}" width="{100 * (last - first) / (high - low):.1f}%" y="2" height="5" rx="2" '
            'style="fill:var(--stn-answer);opacity:0.4"/>'
        )
    if gap["points"] is not None:
        shapes.append(f'<circle cx="{at(gap["points"])}" cy="4.5" r="2.5" style="fill:var(--stn-answer)"/>')
    return f'<svg class="stn-range" width="100%" height="9" {name}>{"".join(shapes)}</svg>'


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _text(value: object) -> str:
    return html.escape(str(value))
