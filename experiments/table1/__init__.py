"""Table 1 of the paper: what was published, the run of each cell, the stored results, and what they say."""

from experiments.table1.cells import CELLS, Cell, parse_cell, table1_config
from experiments.table1.paper import DISTORTIONS, PAPER
from experiments.table1.report import report
from experiments.table1.results import RESULTS, load_results, shown
from experiments.table1.rows import rows
from experiments.table1.statistics import gap, summarise

__all__ = [
    "CELLS",
    "DISTORTIONS",
    "PAPER",
    "RESULTS",
    "Cell",
    "gap",
    "load_results",
    "parse_cell",
    "report",
    "rows",
    "shown",
    "summarise",
    "table1_config",
]
