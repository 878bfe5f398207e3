"""The table as text: column by column ours beside the paper's, the gap of each transformer, and what differs."""

from experiments.table1.cells import MILLIONS, Cell
from experiments.table1.paper import DIFFERENCES, DISTORTIONS, PAPER, paper_gap, paper_interval
from experiments.table1.results import Results
from experiments.table1.statistics import Gap, gap, of_other_settings, summarise
from stn_lib.metrics import holm

LEGEND = """Error in %, with its 95 % interval for other test digits (Wilson); seeds; error in training, at its end.
The paper's error has the interval of one network on 10,000 digits.
Gap: how much the transformer lowers the error of the same network without it, in points; the interval (95 %) is for
other seeds and other digits (paired bootstrap; with one seed, for other digits alone); p is corrected for all {count}
comparisons (Holm).
+ above the paper's error; ! undertrained: wrong more often in training than in the test; ? other settings than the
table's, or fewer steps; = a gap whose corrected p is not below 0.05; - no p, and an interval for other seeds alone: runs
of the first edition, which have no stored answers"""


def report(results: Results) -> str:
    """The table of all results."""
    if not results:
        return "no results: python -m experiments table1 measures them"
    gaps = {
        (distortion, network): found
        for distortion in DISTORTIONS
        for network in PAPER
        if network.startswith("st-") and (found := gap(results, distortion, network))
    }
    # A gap without a p is a comparison, too.
    corrected = dict(zip(gaps, holm([1.0 if found.p is None else found.p for found in gaps.values()]), strict=True))
    parts = [LEGEND.format(count=len(gaps))]
    parts += [_column(results, distortion, gaps, corrected) for distortion in DISTORTIONS]
    counts = [run["parameters"] for runs in results.values() for run in runs]
    parts.append("\n".join(["What differs in every run (the paper's; ours):", *(f"- {text}" for text in DIFFERENCES)]))
    parts.append(f"parameters: {min(counts):,} to {max(counts):,}")
    return "\n\n".join(parts)


def _column(
    results: Results, distortion: str, gaps: dict[tuple[str, str], Gap], corrected: dict[tuple[str, str], float]
) -> str:
    images = f"millions of images: FCN {MILLIONS['fcn'][distortion]}, CNN {MILLIONS['cnn'][distortion]}, the paper's 38"
    lines = [
        f"{distortion.upper()} ({images})",
        f"{'':18s}{'ours':>22s}{'seeds':>7s}{'train':>7s}{'the paper':>22s}   {'gap, ours':>21s}{'p':>7s}{'the paper':>11s}",
    ]
    for network in PAPER:
        runs = results.get(Cell(distortion, network))
        low, high = paper_interval(distortion, network)
        published = f"{PAPER[network][distortion]:.1f} ({low:.2f} to {high:.2f})"
        if not runs:
            lines.append(f"{network:18s}{'-':>18s}{'':4s}{'':14s}{published:>22s}")
            continue
        cell = summarise(runs)
        marks = "+" * (cell.error > cell.paper) + "!" * (cell.train > cell.error)
        marks += "?" * any(map(of_other_settings, runs))
        ours = f"{cell.error:.2f} ({cell.interval[0]:.2f} to {cell.interval[1]:.2f})"
        line = f"{network:18s}{ours:>22s}{cell.seeds:>7d}{cell.train:>7.2f}{published:>22s} {marks:2s}"
        found = gaps.get((distortion, network))
        if found:
            p = corrected[distortion, network]
            interval = f" ({found.interval[0]:.2f} to {found.interval[1]:.2f})" if found.interval else ""
            own = f"{found.points:.2f}{interval}"
            shown = "-" if found.p is None else "<0.001" if p < 0.001 else f"{p:.3f}"
            mark = "=" if found.p is not None and p >= 0.05 else ""
            line += f"{own:>21s}{shown:>7s}{paper_gap(distortion, network):>9.1f} {mark}"
        lines.append(line.rstrip())
    return "\n".join(lines)
