"""The summary of all runs: their times to each target, and how many times sooner than the tutorial they arrive."""

from typing import Any

from experiments.record import Row
from experiments.time_to_accuracy.recipes import TARGETS

CLOCKS = ("seconds", "cpu_seconds")


def summarise(rows: list[Row]) -> dict[str, dict[str, Any]]:
    """By run: its seeds, its best accuracies, and for each target up to its own what `times_to` gives."""
    tutorial = {row["seed"]: row for row in rows if row["run"] == "tutorial"}
    summary: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(row["run"] for row in rows):
        own = [row for row in rows if row["run"] == name]
        summary[name] = {"seeds": len(own), "best_percent": [row["best_percent"] for row in own]}
        for target in (str(target) for target in TARGETS if target <= own[0]["target"]):
            summary[name][target] = times_to(target, own, tutorial)
    return summary


def times_to(target: str, rows: list[Row], tutorial: dict[int, Row]) -> dict[str, Any]:
    """The times of a run's seeds to a target, and their ratios to the tutorial's time with the same seed.

    A ratio to a tutorial that did not arrive is a lower bound: the time of all its 20 epochs is taken.
    """
    hits = [row for row in rows if row["reached"][target]]
    pairs = [(tutorial[row["seed"]], row) for row in hits if row["seed"] in tutorial]
    found: dict[str, Any] = {"reached": f"{len(hits)} of {len(rows)}"}
    for clock in CLOCKS:
        if hits:
            found[clock] = [row["reached"][target][clock] for row in hits]
        ratios = [(a["reached"][target] or a["ran"])[clock] / b["reached"][target][clock] for a, b in pairs]
        if ratios:
            found[f"times_sooner_{clock}"] = [round(ratio, 1) for ratio in ratios]
            found["lower_bound"] = not all(a["reached"][target] for a, _ in pairs)
    return found


def report(record: dict[str, Any]) -> str:
    """The summary in Markdown, one number for each seed."""
    lines = [
        "| run | target | reached | seconds | of the processor | times sooner | by processor | best % |",
        "|---" * 8 + "|",
    ]
    for name, found in record["summary"].items():
        for target in (str(target) for target in TARGETS if str(target) in found):
            times, bound = found[target], "> " if found[target].get("lower_bound") else ""
            cells = [name, target, times["reached"]]
            cells += [", ".join(f"{x:.1f}" for x in times.get(clock, [])) for clock in CLOCKS]
            cells += [", ".join(f"{bound}{x:g}" for x in times.get(f"times_sooner_{clock}", [])) for clock in CLOCKS]
            cells.append(", ".join(f"{x:.2f}" for x in found["best_percent"]))
            lines.append(f"| {' | '.join(cell or '–' for cell in cells)} |")
    return "\n".join(lines)
