"""The experiments of the paper's appendix on MNIST: addition, co-localisation, volumes; the paper's figures beside ours.

    python benchmarks/appendix.py [addition] [colocalisation] [volume] [--out results/appendix.json]

Every row is written as soon as it is measured; run it again and it goes on with those that are missing, and inside a row
from the last checkpoint in runs/appendix. Rows of other settings are not mixed with: delete them first. Settings were
chosen with --hold-out validation. One thread; a processor with bfloat16 helps.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from experiments.appendix import addition, colocalisation, volume
from experiments.collapse import taken_up
from experiments.live_gap import ROOT
from stn_lib.data import load_mnist
from stn_lib.provenance import git, processor
from stn_lib.training import OutOfTime, record

#: What decides the rows of each experiment, besides what their names say.
EXPERIMENTS = {
    "addition": {"steps": addition.STEPS, "batch_size": 256, "lr": addition.LR},
    "colocalisation": {
        "steps": colocalisation.STEPS, "batch_size": colocalisation.BATCH, "lr": colocalisation.LR,
        "tries": list(colocalisation.TRIES), "lost": colocalisation.LOST,
    },
    "volume": {"steps": volume.STEPS, "batch_size": 64, "lr": 4e-3, "side": 32, "max_angle": volume.MAX_ANGLE},
}  # fmt: skip


def rows(hold_out: str, runs: Path) -> dict[tuple[str, str], Callable[..., dict]]:
    """Every row of the table by its experiment and its name: what measures it."""
    shared = {"hold_out": hold_out}
    found: dict[tuple[str, str], Callable[..., dict]] = {}
    for model, transform in addition.PAPER:
        name = model if transform is None else f"{model} {transform}"
        found["addition", name] = partial(addition.run, model=model, transform=transform, **shared)
    for kind in colocalisation.TASKS:
        for label in range(10):
            found["colocalisation", f"{kind} {label}"] = partial(
                colocalisation.run, label=label, kind=kind, encoder_out=runs / "encoder", **shared
            )
    found["volume", "cnn"] = partial(volume.run, transformer=False, **shared)
    found["volume", "st-cnn affine"] = partial(volume.run, transformer=True, **shared)
    return found


def made_by() -> dict:
    """The commit (with a + where files differ from it) and the machine."""
    commit = git("describe", "--always", "--dirty=+", "--abbrev=7", "--exclude=*")
    device = f"cpu: {processor()}"
    return {"commit": commit, "device": device, "threads": torch.get_num_threads(), "torch": torch.__version__}


def table(found: dict) -> str:
    """The rows in Markdown."""
    lines = ["| experiment | run | measured, % (95 %) | paper, % | pictures | parameters | s |", "|---" * 7 + "|"]
    for row in found["runs"]:
        what = "error" if "error_percent" in row else "hit"
        low, high = row["interval_percent"]
        paper = row["paper"]
        if isinstance(paper, list):
            paper = paper[0] if paper[0] == paper[1] else f"{paper[0]} to {paper[1]}"
        lines.append(
            f"| {row['experiment']} | {row['run']} | {what} {row[f'{what}_percent']:.1f} ({low:.1f} to {high:.1f}) | "
            f"{'–' if paper is None else paper} | {row['pictures']:,} | {row['parameters']:,} | {row['seconds']:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure the rows that the file lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", metavar="experiment", help=f"which of {', '.join(EXPERIMENTS)}; all")
    parser.add_argument("--seed", type=int, default=0, help="of every run")
    parser.add_argument("--budget", type=float, help="seconds after which to write a checkpoint and stop")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "appendix.json", help="the table")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "appendix", help="folder of the checkpoints")
    parser.add_argument("--hold-out", choices=("test", "validation"), default="test", help="digits to measure on")
    arguments = parser.parse_args()
    wanted = arguments.experiments or list(EXPERIMENTS)
    unknown = sorted(set(wanted) - set(EXPERIMENTS))
    if unknown:
        parser.error(f"expected experiments of {', '.join(EXPERIMENTS)}, got {', '.join(unknown)}")
    torch.set_num_threads(1)
    found = taken_up(arguments.out, "python benchmarks/appendix.py", {"hold_out": arguments.hold_out}, parser)
    for row in found["runs"]:
        if row["experiment"] in wanted and row["common"] != EXPERIMENTS[row["experiment"]]:
            parser.error(
                f"{arguments.out} holds {row['experiment']} of other settings: delete those rows, or choose --out"
            )
    done = {(row["experiment"], row["run"], row["seed"]) for row in found["runs"]}
    until = None if arguments.budget is None else time.monotonic() + arguments.budget
    runs, split = arguments.runs / arguments.hold_out, load_mnist(arguments.hold_out)
    for (experiment, name), measure in rows(arguments.hold_out, runs).items():
        if experiment not in wanted or (experiment, name, arguments.seed) in done:
            continue
        out = runs / f"{experiment} {name} {arguments.seed}".replace(" ", "-")
        try:
            row = measure(arguments.seed, split=split, out=out, until=until)
        except OutOfTime as end:
            print(f"{experiment} {name}: {end}")
            break
        del row["model"]
        seed = "" if arguments.seed == 0 else f" --seed {arguments.seed}"
        command = {"command": f"python benchmarks/appendix.py {experiment}{seed}"}
        common = {"common": EXPERIMENTS[experiment]}
        found["runs"].append({"experiment": experiment, **row, **common, **command, **made_by()})
        record.write(arguments.out, found)
        print(table({"runs": found["runs"][-1:]}).splitlines()[-1], flush=True)
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
