"""The explorable of chapter 9: the paper's Table 1, ours beside it, the gap of each transformer, the commands of each cell."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from stn_lib.widgets._base import Explorable, figure
from stn_lib.widgets.paper_table._cells import Cells

OPENING = "rts-st-cnn-affine"
PLAIN = {"fcn": "fully connected", "cnn": "convolutional"}
TRANSFORMS = {"affine": "an affine", "projective": "a projective", "tps": "a thin plate spline"}
ST = {f"st-{plain}-{transform}": (plain, transform) for plain in PLAIN for transform in TRANSFORMS}

MARKS = {  # of different shapes
    "lowers": '<circle cx="5" cy="5" r="4" style="fill:var(--stn-ok)"/>',
    "raises": '<path d="M5 1.4 9 8.6H1z" style="fill:none;stroke:var(--stn-bad);stroke-width:1.5"/>',
    "unclear": '<path d="M5 1.2 8.8 5 5 8.8 1.2 5z" style="fill:none;stroke:var(--stn-muted);stroke-width:1.4"/>',
    "none": '<circle cx="5" cy="5" r="3.6" style="fill:none;stroke:var(--stn-muted);stroke-width:1.3"/>',
}


class PaperTable(Explorable):
    """Table 1 of Jaderberg et al. 2015, ours beside the paper's; every cell opens: its seeds, its gap, its commands.

    Convention: errors are in per cent, gaps in percentage points: the plain network's error less that of the same network
    with a transformer. A mark says whether the 95 % interval of our gap is above 0, below 0, or contains it. Our errors
    are not ranked against the paper's, because the recipes differ.

    Args:
        rows: a list of dicts, one for each pair of distortion and network; columns and rows of the table come in the
            order in which they first appear. Keys: ``distortion``, ``network`` (``"cnn"``, ``"st-cnn-affine"``, …),
            ``labels`` of the distortion (``name``, ``short``, ``digits``), ``paper`` (the paper's error), ``paper_shared``
            (whether it is one figure for several transforms), ``command`` (that makes a run), ``error``, ``interval`` (95 %,
            ``[low, high]``; None without runs, as ``error``), ``gap`` (``points``, ``seeds``, ``interval`` or None; None
            without a common seed) and ``runs``: dicts with ``seed``, ``error``, ``wrong`` of ``n``, ``seconds``,
            ``parameters``, ``images`` (seen in training), ``command``, ``commit``, ``changed``, ``device``, ``threads``,
            ``torch`` and ``curve``, a list of ``[step, error on training batches]``.
        cell: the open cell, a name such as ``"rts-cnn"``; if None, the ST-CNN (affine) on RTS if it has runs, otherwise the first cell that has.

    Raises:
        ValueError: an unknown network or cell; a row that is missing, given twice or lacks a key; a seed given twice; an
            error or a curve that cannot be.

    Example:
        >>> labels = {"name": "R", "short": "rotated", "digits": "digits rotated by up to 90°"}
        >>> row = {"distortion": "r", "network": "cnn", "labels": labels, "paper": 1.2, "paper_shared": False}
        >>> row |= {"command": "python -m …", "error": None, "interval": None, "gap": None, "runs": []}
        >>> table = PaperTable([row, row | {"network": "st-cnn-tps", "paper": 0.7}])
        >>> table.cell, table.cells[0]["rival"], table.cells[0]["paperGap"]
        ('r-cnn', 'r-st-cnn-tps', 0.5)

    Source: Jaderberg et al. 2015, Table 1 and, for TC, the text of section 4.1.
    Chapter: 9
    """

    WORDS = {
        "title": "The paper’s Table 1, ours beside it",
        "told": "{run} of {all} cells have run. With a transformer the error rate is lower in {lowers} of {gaps} cells, higher "
        "in {raises}; for {unclear} the 95 % interval of the gap contains 0 or is not known.",
        "toldNone": "No cell has run yet: the numbers are the paper’s.",
        "caption": "Error rate on MNIST’s test digits, %",
        "key": [
            ["ours", "ours, mean of the seeds"],
            ["paper", "the paper’s"],
            ["lowers", "the transformer lowers our error rate: 95 % interval of the gap above 0"],
            ["raises", "the transformer raises it"],
            ["unclear", "unclear: the interval contains 0, or is not known"],
            ["none", "not run yet"],
            [
                "range",
                "our 95 % interval beside the paper’s number (vertical stroke); the line goes from ¼ of it to 4 times",
            ],
        ],
        "families": {"st-fcn": "ST-FCN", "st-cnn": "ST-CNN"},
        "rows": {
            **{plain: plain.upper() for plain in PLAIN},
            **{name: "TPS" if transform == "tps" else transform for name, (_, transform) in ST.items()},
        },
        "names": {
            **{plain: plain.upper() for plain in PLAIN},
            **{
                name: f"ST-{plain.upper()} {'TPS' if transform == 'tps' else transform}"
                for name, (plain, transform) in ST.items()
            },
        },
        "networks": {
            **{plain: f"A {kind} network" for plain, kind in PLAIN.items()},
            **{
                name: f"A {PLAIN[plain]} network behind {TRANSFORMS[transform]} transformer"
                for name, (plain, transform) in ST.items()
            },
        },
        #: Texts about the distortions, by their id: the rows hold them.
        "tasks": {},
        "short": {},
        "digits": {},
        "note": "The paper’s text gives one TC error for ST-FCN and one for ST-CNN and names no transform: each is repeated in "
        "three rows.",
        "dagger": "{value}†",
        "cell": {
            "plain": "{network} on {task}: ours {error} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %",
            "lowers": "{network} on {task}: ours {error} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %; the "
            "transformer lowers our error rate",
            "raises": "{network} on {task}: ours {error} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %; the "
            "transformer raises our error rate",
            "unclear": "{network} on {task}: ours {error} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %; "
            "whether the transformer helps is unclear",
            "none": "{network} on {task}: not run yet, the paper’s {paper} %",
        },
        "head": "{network} on {task}",
        "reads": "{network} classifies {digits}.",
        "ours": "Ours",
        "paper": "The paper’s",
        "percent": "{value} %",
        "points": "{value} percentage points",
        "none": "–",
        "interval": "95 %: {low} to {high}",
        "seeds": {"none": "no seed yet", "one": "one seed", "many": "{count} seeds"},
        "each": "seeds: {errors}",
        "printed": "rounded: {low} to {high}",
        "printedOnce": "† names no transform",
        "gap": "Gap of {network}, percentage points",
        "pairs": "over {seeds}",
        "alone": "one seed: no interval",
        "waits": "{network} has not run yet",
        "apart": "no seed in common",
        "paperGap": "in the paper {value}",
        "opened": "The open cell",
        "verdict": {
            "plain": "No transformer: compare this cell with the networks below it in its column.",
            "lowers": "The transformer lowers our error rate: the 95 % interval of the gap is above 0.",
            "raises": "The transformer raises our error rate: the 95 % interval of the gap is below 0.",
            "unclear": "The 95 % interval of the gap contains 0, or is not known: these runs do not show whether the transformer "
            "helps.",
            "none": "This cell has not run yet. The command below trains its networks.",
        },
        "plot": "Error rate on test digits, %",
        "plotKey": [["band", "95 % interval"], ["seeds", "seeds"], ["paper", "the paper’s"]],
        "line": "{error} %, the paper’s {paper}",
        "lineNone": "not yet, the paper’s {paper}",
        "gapRow": "The gap, from the {network}",
        "curve": "Error rate on training batches, %, over the number of images",
        "million": "{value} M",
        "made": "The commands that made it",
        "make": "The command that makes it",
        "copy": "Copy",
        "copied": "Copied",
        "selected": "Selected: copy it",
        "facts": {
            "seeds": "seeds",
            "wrong": "wrong",
            "parameters": "parameters",
            "images": "training images",
            "seconds": "wall time on a shared machine",
            "device": "device",
            "threads": "threads",
            "torch": "torch",
            "commit": "commit",
        },
        "wrong": "{wrong} of {n}",
        "minutes": "{values} min",
        "commit": {"false": "{commit}", "true": "{commit} + changes", "null": "{commit}"},
        "unknown": "not known",
        "spoken": "{head}: ours {error} %, 95 % interval {low} to {high}, {seeds}. The paper’s {paper} %. {verdict}",
        "spokenNone": "{head}: not run yet. The paper’s {paper} %.",
        "try": "Go down each column from CNN to ST-CNN: where does the transformer help most, and does its kind matter? Open "
        "a cell and compare its gap with the paper’s. How far apart are its seeds?",
    }
    distortions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    families = traitlets.List().tag(sync=True)
    cells = traitlets.List(traitlets.Dict()).tag(sync=True)
    #: What several runs share is kept once: the steps of a curve, the machine, and the command without the seed.
    steps = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    makers = traitlets.List(traitlets.Dict()).tag(sync=True)
    commands = traitlets.List(traitlets.Unicode()).tag(sync=True)
    cell = traitlets.Unicode(OPENING).tag(sync=True)

    def __init__(self, rows: Sequence[Mapping[str, Any]], cell: str | None = None, words: dict | None = None, **traits):
        words = self.WORDS if words is None else words
        table = Cells(rows, list(self.WORDS["names"]))
        names = [one["id"] for one in table.cells]
        found = [one["id"] for one in table.cells if one["runs"]] or names
        labels = {
            key: {name: texts[label] for name, texts in table.labels.items()} | words.get(key, {})
            for key, label in (("tasks", "name"), ("short", "short"), ("digits", "digits"))
        }
        super().__init__(
            words=words | labels,
            cells=table.cells,
            distortions=table.distortions,
            families=table.families(),
            steps=table.steps,
            makers=table.makers,
            commands=table.commands,
            **({"cell": cell or (OPENING if OPENING in found else found[0])} | traits),
        )

    @traitlets.validate("cell")
    def _known(self, proposal) -> str:
        names = [one["id"] for one in self.cells]
        if proposal["value"] not in names:
            raise ValueError(f"expected a cell such as {names[0]}, got {proposal['value']!r}: one of {names}")
        return proposal["value"]

    def fallback(self) -> str:
        """The same table without anything to press."""
        w = {name: value for name, value in self.words.items() if isinstance(value, dict)}
        head = "".join(
            f'<th scope="col">{_text(w["tasks"][d])}<span>{_text(w["short"][d])}</span></th>' for d in self.distortions
        )
        found = {one["id"]: one for one in self.cells}
        bodies = []
        for family, networks in self.families:
            rows = (
                [
                    f'<tr><th scope="rowgroup" colspan="{len(self.distortions) + 1}">{_text(w["families"][family])}</th></tr>'
                ]
                if family
                else []
            )
            for network in networks:
                figures = "".join(self._static(found[f"{d}-{network}"]) for d in self.distortions)
                rows.append(f'<tr><th scope="row">{_text(w["rows"][network])}</th>{figures}</tr>')
            bodies.append(f"<tbody>{''.join(rows)}</tbody>")
        table = (
            f'<table class="stn-table"><caption>{_text(self.words["caption"])}</caption>'
            f"<thead><tr><td></td>{head}</tr></thead>{''.join(bodies)}</table>"
        )
        key = dict(self.words["key"])
        told = (
            f"Above: {key['ours']}. Below: {key['paper']}. Dot: {key['lowers']}; triangle: {key['raises']}; dash: "
            f"{key['unclear']}; ring: {key['none']}. Last: our 95 % interval. † {self.words['note']}"
        )
        return figure(table, told).replace("stn-fallback", "stn-fallback stn-still", 1)

    def _static(self, one: dict) -> str:
        ours = self.words["none"] if one["error"] is None else f"{one['error']:.2f}"
        paper = self.words["dagger"].format(value=one["paper"]) if one["shared"] else one["paper"]
        mark = one["mark"] != "plain" and (
            f'<svg viewBox="0 0 10 10" width="9" height="9" role="img" '
            f'aria-label="{_text(dict(self.words["key"])[one["mark"]])}">{MARKS[one["mark"]]}</svg>'
        )
        reach = ""
        if one["interval"]:
            digits = 1 if one["interval"][1] >= 10 else 2
            reach = " <small>" + "–".join(f"{end:.{digits}f}" for end in one["interval"]) + "</small>"
        return (
            f'<td data-mark="{one["mark"]}"><b>{_text(ours)}</b> <small>{mark or ""} {_text(paper)}</small>{reach}</td>'
        )


def _text(value: object) -> str:
    return html.escape(str(value))
