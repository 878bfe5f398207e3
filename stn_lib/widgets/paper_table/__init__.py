"""The explorable of chapter 9: the paper's Table 1, ours beside it, the gap of each transformer, the commands of each cell."""

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from stn_lib.widgets._base import Explorable
from stn_lib.widgets.paper_table._cells import Cells
from stn_lib.widgets.paper_table._still import still_table

OPENING = "rts-st-cnn-affine"
PLAIN = {"fcn": "fully connected", "cnn": "convolutional"}
TRANSFORMS = {"affine": "an affine", "projective": "a projective", "tps": "a thin plate spline"}
ST = {f"st-{plain}-{transform}": (plain, transform) for plain in PLAIN for transform in TRANSFORMS}


class PaperTable(Explorable):
    """Table 1 of Jaderberg et al. 2015 and ours: the gaps of the transformers, or the error rates; every cell opens.

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
        view: ``"gap"`` shows by how much each transformer lowers the error rate, ``"error"`` the error rates.
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
        "title": "What a transformer gains: Table 1, trained again",
        "told": "A transformer {lowersSign} lowers our error rate in {lowers} of {gaps} cells and {raisesSign} raises it in "
        "{raises}{where}. In {unclearSign} {unclear} the interval contains 0{alone}.",
        "where": " ({tasks})",
        "aloneToo": "; {alone} have no interval",
        "waiting": "{noneSign} {none} of {all} cells have not run yet.",
        "toldNone": "No cell has run yet: the numbers are the paper’s.",
        "show": "Show",
        "views": [["gap", "gap"], ["error", "error rate"]],
        "captions": {
            "gap": "Gap: by how many percentage points the transformer lowers the error rate on test digits",
            "error": "Error rate on MNIST’s test digits, %",
        },
        "unit": "error, %",
        "legend": {
            "gap": [
                ["ours", "our gap"],
                ["gapRange", "thin line: 0; band: our 95 % interval; thick line: the paper’s gap"],
            ],
            "error": [
                ["ours", "our error rate"],
                ["paper", "the paper’s"],
                ["errorRange", "our 95 % interval, the paper’s"],
            ],
        },
        "read": "How to read the table",
        "reading": [
            [
                "lowers",
                "The transformer lowers our error rate: the 95 % interval of the gap is above 0. The gap is bold.",
            ],
            ["raises", "The transformer raises our error rate: the interval is below 0."],
            ["unclear", "Unclear: the interval contains 0, or there is none."],
            ["none", "Not run yet."],
        ],
        "ranges": [
            "Gaps: the three cells of a network and a distortion share an axis; the thin line is 0, the thick one the paper’s "
            "gap.",
            "Error rates: the axis goes from ¼ of the paper’s error rate to 4 times; the thick line is the paper’s.",
        ],
        "rows": {
            **{plain: plain.upper() for plain in PLAIN},
            **{name: f"+ {'TPS' if transform == 'tps' else transform}" for name, (_, transform) in ST.items()},
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
        "alone": "1 seed",  # instead of a mark
        #: Names of the cells for screen readers. Everyone sees {ours} and, among the error rates, {paper}.
        "cell": {
            "plain": "{network} on {task}: ours {ours} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %",
            "lowers": "{network} on {task}: ours {ours} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %; the "
            "transformer lowers our error rate",
            "raises": "{network} on {task}: ours {ours} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %; the "
            "transformer raises our error rate",
            "unclear": "{network} on {task}: ours {ours} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %; "
            "whether the transformer helps is unclear",
            "none": "{network} on {task}: not run yet, the paper’s {paper} %",
        },
        "base": {
            "plain": "{network} on {task}: error rate {ours} %, 95 % interval {low} to {high}, {seeds}, the paper’s {paper} %",
            "none": "{network} on {task}: error rate not known, not run yet, the paper’s {paper} %",
        },
        "gapCell": {
            "lowers": "{network} on {task}: gap {ours} percentage points, the paper’s {paper}; 95 % interval {low} to {high}: the "
            "transformer lowers our error rate",
            "raises": "{network} on {task}: gap {ours} percentage points, the paper’s {paper}; 95 % interval {low} to {high}: the "
            "transformer raises our error rate",
            "unclear": "{network} on {task}: gap {ours} percentage points, the paper’s {paper}; 95 % interval {low} to {high}: "
            "whether the transformer helps is unclear",
            "alone": "{network} on {task}: gap {ours} percentage points, the paper’s {paper}; one seed, no interval: whether the "
            "transformer helps is unclear",
            "apart": "{network} on {task}: no gap, because the networks have no seed in common, the paper’s {paper}",
            "none": "{network} on {task}: not run yet, the paper’s gap {paper}",
        },
        "head": "{network} on {task}",
        "reads": "{network} classifies {digits}.",
        "none": "–",
        "seeds": {"none": "no seed yet", "one": "one seed", "many": "{count} seeds"},
        "opened": "The open cell",
        "verdict": {
            "plain": "No transformer: compare this cell with the networks below it in its column.",
            "lowers": "The transformer lowers our error rate: the 95\u00a0% interval of the gap is above 0.",
            "raises": "The transformer raises our error rate: the 95\u00a0% interval of the gap is below 0.",
            "unclear": "The 95\u00a0% interval of the gap contains 0: whether the transformer helps is unclear.",
            "alone": "One run without stored answers gives no interval of the gap: whether the transformer helps is unclear.",
            "apart": "The two networks have no seed in common: there is no gap.",
            "none": "This cell has not run yet. The command under “Commands” trains its networks.",
        },
        "percent": "{value} %",
        "plotKey": [["band", "95 % interval"], ["seeds", "seeds"], ["paper", "the paper’s"]],
        "line": "{error} %, the paper’s {paper}",
        "lineNone": "not yet, the paper’s {paper}",
        "gap": "Gap in percentage points",
        "gapLine": {
            "interval": "{points} ({low} to {high}), the paper’s {paper}",
            "alone": "{points} (one seed), the paper’s {paper}",
            "waits": "{network} has not run yet, the paper’s {paper}",
            "apart": "no seed in common, the paper’s {paper}",
        },
        "curve": "Error rate on training batches, %, over the number of images",
        "million": "{value} M",
        "how": "How it was trained",
        "again": "Commands",
        "copy": "Copy",
        "copied": "Copied",
        "selected": "Selected: copy it",
        "facts": {
            "seeds": "seeds",
            "errors": "error rates, %",
            "interval": "95 % interval of their mean, %",
            "wrong": "wrong",
            "paper": "the paper’s, before rounding, %",
            "pairs": "seeds in the gap",
            "parameters": "parameters",
            "images": "training images",
            "seconds": "wall time on a shared machine",
            "device": "device",
            "threads": "threads",
            "torch": "torch",
            "commit": "commit",
        },
        "reach": "{low} to {high}",
        "wrong": "{wrong} of {n}",
        "minutes": "{values} min",
        "commit": {"false": "{commit}", "true": "{commit} + changes", "null": "{commit}"},
        "unknown": "not known",
        "try": "Is our gap as large as the paper’s? How far apart are the seeds of a cell?",
    }
    distortions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    families = traitlets.List().tag(sync=True)
    cells = traitlets.List(traitlets.Dict()).tag(sync=True)
    #: What several runs share is kept once: the steps of a curve, the machine, and the command without the seed.
    steps = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    makers = traitlets.List(traitlets.Dict()).tag(sync=True)
    commands = traitlets.List(traitlets.Unicode()).tag(sync=True)
    cell = traitlets.Unicode(OPENING).tag(sync=True)
    view = traitlets.Enum(["gap", "error"], "gap").tag(sync=True)

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
        """The gaps and the plain networks' error rates, without anything to press."""
        return still_table(self.words, self.families, self.distortions, {one["id"]: one for one in self.cells})
