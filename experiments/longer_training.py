"""What is left of the live chapter's gap when both networks train longer.

    python benchmarks/longer_training.py [--out results/longer_training.json]

The live chapter's settings with 1, 2, 4 and 8 times its steps, seed 0. Each run is written as soon as it is
over; run it again and it goes on with the runs that are missing.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from experiments.live_gap import KINDS, header
from stn_lib.training import live_config, record, train

FACTORS = (1, 2, 4, 8)


def run(kind: str, factor: int) -> dict:
    """One network trained `factor` times as long as in the chapter."""
    config = live_config(kind)
    result = train(dataclasses.replace(config, steps=factor * config.steps), progress=False)
    low, high = result.evaluation.interval
    return {
        "steps": result.config.steps,
        "model": kind,
        "error_percent": round(result.test_error, 4),
        "interval_percent": [round(low, 2), round(high, 2)],
        "n": result.evaluation.n,
        "seconds": round(result.seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results/longer_training.json"))
    out = parser.parse_args().out
    table = json.loads(out.read_text()) if out.exists() else {}
    about = header(live_config("cnn")) | {"command": "python benchmarks/longer_training.py"}
    if table and table["config"] != about["config"]:
        sys.exit(f"{out} holds runs of another config: delete it first")
    table = table or about | {"runs": []}
    done = {(row["steps"], row["model"]) for row in table["runs"]}
    for factor in FACTORS:
        for kind in KINDS:
            if (factor * live_config(kind).steps, kind) in done:
                continue
            table["runs"].append(run(kind, factor))
            record.write(out, table)
            print(table["runs"][-1], flush=True)


if __name__ == "__main__":
    main()
