"""Write the HTML of a check's result: its style sheet, its sentences, its tables side by side."""

from html import escape
from typing import Any

import torch
from torch import Tensor

#: Larger tables are cut after this many rows and columns.
_MAX_SIDE = 11

#: The style sheet of a result: palette variables only, laid out to fit 320 px.
CSS = """
.stn-check { margin: .5rem 0; padding: .7rem 1rem; border: 1px solid var(--stn-line);
  border-left: 4px solid var(--stn-muted); border-radius: 8px; background: var(--stn-surface);
  color: var(--stn-ink); font-size: .9375rem; line-height: 1.45; font-variant-numeric: tabular-nums; }
.stn-check p { margin: .5rem 0 0; color: inherit; }
.stn-check p:first-child { margin-top: 0; }
.stn-check code { padding: 0; border: 0; background: none; color: inherit; overflow-wrap: anywhere; }
.stn-check-passed { border-left-color: var(--stn-ok); }
.stn-check-passed .stn-check-mark { color: var(--stn-ok); }
.stn-check-failed { border-left-color: var(--stn-bad); }
.stn-check-failed .stn-check-mark { color: var(--stn-bad); }
.stn-check-unanswered { border-style: dashed; border-left-width: 1px; color: var(--stn-muted);
  background: none; }
.stn-check-mark { font-weight: 650; }
.stn-check p.stn-check-why { font-weight: 600; }
.stn-check p.stn-check-note { color: var(--stn-muted); font-size: .875rem; }
.stn-check-row { display: flex; flex-wrap: wrap; gap: .6rem 1.5rem; align-items: flex-start;
  margin-top: .5rem; }
.stn-check-row > div { min-width: 0; max-width: 100%; }
.stn-check-row small { display: block; color: var(--stn-muted); font-size: .8125rem; }
.stn-check-scroll { overflow-x: auto; max-width: 100%; }
.stn-check-scroll:focus-visible { outline: 2px solid var(--stn-ink); outline-offset: 2px; }
.stn-check .stn-check-scroll table { display: table; width: auto; margin: 0; table-layout: auto;
  border: 0; border-collapse: collapse; color: var(--stn-ink); font-size: .8125rem; }
.stn-check .stn-check-scroll table tr, .stn-check .stn-check-scroll table tr:hover { background: none; }
.stn-check .stn-check-scroll table td { padding: .15rem .45rem; border: 1px solid var(--stn-line);
  color: var(--stn-ink); text-align: right; vertical-align: middle; white-space: nowrap; line-height: 1.45;
  background: color-mix(in srgb, var(--stn-source) calc(var(--v, 0) * 30%), transparent); }
.stn-check .stn-check-scroll table td.stn-check-off { font-weight: 700;
  box-shadow: inset 0 0 0 2px var(--stn-bad); }
div.cell_output .text_html:has(> .stn-check) { padding: 0 !important; background: none !important; }
"""


def number(value: Any) -> str:
    """Format a value as short text: four digits for a float.

    Example:
        >>> number(0.123456), number((2, 3))
        ('0.1235', '(2, 3)')
    """
    if isinstance(value, Tensor) and value.dtype == torch.bool:
        return str(bool(value))
    if isinstance(value, (float, Tensor)):
        return f"{float(value):.4g}".replace("-", "−")
    return str(value)


def _matrix(value: Tensor) -> Tensor:
    """Return the first rows and columns of a tensor of any number of axes."""
    if value.numel() == 0 or value.ndim == 0:
        return value.reshape(1, -1)
    return value.reshape(-1, value.shape[-1])[:_MAX_SIDE, :_MAX_SIDE]


def cells(value: Any) -> list[list[str]]:
    """Format a value as the rows of a table."""
    if isinstance(value, Tensor):
        return [[number(v) for v in row] for row in _matrix(value)]
    return [[number(value)]]


def prose(text: str) -> str:
    """Escape a sentence, and mark what is between backticks as code."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def html_row(named: dict[str, Any], marked: str = "", is_wrong: Tensor | None = None) -> str:
    """Lay out tables side by side; each scrolls inside its own box, which the keyboard reaches.

    Args:
        named: The values to show: tensors, numbers, tuples.
        marked: Name of the one table that gets marks.
        is_wrong: Which of its cells to mark as wrong.

    Returns:
        HTML with every value escaped.
    """
    # The expected and the learner's answer share one scale of shades; each input has its own.
    limits = _limits(list(named.values())) if marked else None
    boxes = [
        _html_table(name, value, is_wrong if name == marked else None, limits or _limits([value]))
        for name, value in named.items()
    ]
    return f'<div class="stn-check-row">{"".join(boxes)}</div>'


def _html_table(name: str, value: Any, is_wrong: Tensor | None, limits: tuple[float, float]) -> str:
    texts = cells(value)
    shades = _shades(value, limits)
    marks = _matrix(is_wrong) if is_wrong is not None else None
    rows = []
    for i, row in enumerate(texts):
        tds = []
        for j, cell in enumerate(row):
            wrong = marks is not None and bool(marks[i, j])
            kind = ' class="stn-check-off"' if wrong else ""
            tds.append(f'<td{kind} style="--v:{shades[i][j]}">{"≠ " if wrong else ""}{escape(cell)}</td>')
        rows.append(f"<tr>{''.join(tds)}</tr>")
    label = escape(name, quote=True)
    return (
        f'<div><small>{label}</small><div class="stn-check-scroll" tabindex="0" role="group" '
        f'aria-label="{label}"><table>{"".join(rows)}</table></div></div>'
    )


def _limits(values: list[Any]) -> tuple[float, float]:
    """Return the smallest and the largest finite number of the images among some values."""
    images = [v.flatten().double() for v in values if isinstance(v, Tensor) and v.ndim > 1]
    numbers = torch.cat(images) if images else torch.zeros(0)
    numbers = numbers[numbers.isfinite()]
    return (float(numbers.min()), float(numbers.max())) if numbers.numel() else (0.0, 0.0)


def _shades(value: Any, limits: tuple[float, float]) -> list[list[float]]:
    """Return how dark each cell is, from 0 to 1; a single number is not shaded."""
    low, high = limits
    if not isinstance(value, Tensor) or value.ndim < 2 or low == high:
        return [[0] * len(row) for row in cells(value)]
    matrix = _matrix(value).nan_to_num(nan=low, posinf=high, neginf=low)
    return [[round((float(c) - low) / (high - low), 2) for c in row] for row in matrix]
