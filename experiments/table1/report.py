"""The table as text: ours beside the paper's, the gaps, and the parameter counts."""

from experiments.table1.cells import Cell
from experiments.table1.paper import DISTORTIONS, PAPER
from experiments.table1.results import Results
from experiments.table1.statistics import gap, summarise


def report(results: Results) -> str:
    """The table of all results."""
    if not results:
        return "no results: python -m experiments table1 measures them"
    lines = ["error in %, mean over seeds (how many) / the paper's; * above the paper's", ""]
    lines.append(f"{'':18s}" + "".join(f"{distortion.upper():>17s}" for distortion in DISTORTIONS))
    lines += [_errors(results, network) for network in PAPER]
    lines += ["", "reduction of the error by the transformer, in points (95 % interval over paired seeds)", ""]
    lines += filter(None, (_gaps(results, network) for network in PAPER if network.startswith("st-")))
    counts = [runs[0]["parameters"] for runs in results.values()]
    return "\n".join([*lines, "", f"parameters: {min(counts):,} to {max(counts):,}"])


def _errors(results: Results, network: str) -> str:
    row = f"{network:18s}"
    for distortion in DISTORTIONS:
        runs = results.get(Cell(distortion, network))
        if runs:
            cell = summarise(runs)
            star = "*" if cell.error > cell.paper else " "
            row += f"{f'{cell.error:.2f} ({cell.seeds}) /{cell.paper:4.1f}{star}':>17s}"
        else:
            row += f"{'-':>17s}"
    return row


def _gaps(results: Results, network: str) -> str:
    cells = []
    for distortion in DISTORTIONS:
        found = gap(results, distortion, network)
        if found:
            interval = f" ({found.interval[0]:.2f} to {found.interval[1]:.2f})" if found.interval else ""
            cells.append(f"{distortion.upper()} {found.points:.2f}{interval}")
    return f"{network:18s} " + "  ".join(cells) if cells else ""
