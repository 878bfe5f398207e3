"""``python -m stn_lib train|evaluate|export|reproduce``: the library's work from the command line."""

import argparse
import dataclasses
import json
import logging
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from experiments import table1
from stn_lib import models
from stn_lib.data import DATASETS, DISTORTIONS
from stn_lib.models import POOLS
from stn_lib.spatial_transformer import TRANSFORMS
from stn_lib.training import TrainConfig, distributed, error_by_turn, evaluate, load_run, record, train
from stn_lib.training.config import DEVICES, PRECISIONS, SIZES

_CHOICES = {
    "model": sorted({name for names in SIZES.values() for name in names}), "size": list(SIZES),
    "transform": sorted(TRANSFORMS), "dataset": sorted(DATASETS), "distortion": sorted(DISTORTIONS), "hold_out": ["test", "validation"], "pool": POOLS,
    "precision": PRECISIONS, "device": DEVICES,
}  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stn_lib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    formatter = argparse.ArgumentDefaultsHelpFormatter

    one = commands.add_parser(
        "train", help="train a network, or take a run up again",
        description="Train a network, or take a run up again. What is not given has the value in brackets; for a task "
        "on MNIST, the value of that cell of Table 1.",
    )  # fmt: skip
    one.add_argument("--config", metavar="FILE", help="a TOML file of the settings below; flags overrule it")
    one.add_argument(
        "--out", default=None, metavar="FOLDER",
        help="where to keep checkpoint.pt, metrics.jsonl and result.json (a folder in runs/ for each setting)",
    )  # fmt: skip
    one.add_argument(
        "--checkpoint-every", type=int, default=100, metavar="STEPS", help="steps between checkpoints (100)"
    )
    one.add_argument("--quiet", action="store_true", help="no progress bar")
    for field in dataclasses.fields(TrainConfig):
        kind = {"max_angle": float}.get(field.name, type(field.default))
        one.add_argument(
            f"--{field.name.replace('_', '-')}", type=kind, default=argparse.SUPPRESS,
            choices=_CHOICES.get(field.name), help=f"{_explained(field.name)} ({field.default})",
        )  # fmt: skip

    two = commands.add_parser("evaluate", help="measure a network", formatter_class=formatter)
    two.add_argument("network", help="a run's folder, a .safetensors file, or the name of committed weights")
    two.add_argument("--distortion", choices=_CHOICES["distortion"], default=None, help="the network's own if left out")
    two.add_argument(
        "--max-angle", type=float, default=None, help="largest turn in degrees, if not the distortion's own"
    )
    two.add_argument(
        "--copies", type=int, default=None, help="distortions of each held-out digit, if not the run's own"
    )

    three = commands.add_parser("export", help="write a run's weights", formatter_class=formatter)
    three.add_argument("run", help="a run's folder")
    three.add_argument("--to", required=True, metavar="FILE", help="the .safetensors file to write")

    four = commands.add_parser("reproduce", help="make the paper's Table 1 again", formatter_class=formatter)
    four.add_argument("what", choices=["table1"], help="what to make")
    four.add_argument(
        "action", nargs="?", choices=["run", "report"], default="run", help="make what is missing, or tell"
    )
    four.add_argument(
        "--cells", nargs="+", default=None, metavar="CELL", help="such as rts-st-cnn-affine; all if left out"
    )
    four.add_argument("--seeds", type=int, default=1, help="runs of each cell")
    four.add_argument("--budget", type=_seconds, default=None, metavar="TIME", help="when to stop: 90s, 30m, 2h")
    four.add_argument("--jobs", type=int, default=1, help="runs at a time, each with the threads of its own")
    four.add_argument("--results", default=str(table1.RESULTS), metavar="FOLDER", help="where results are written")
    four.add_argument("--runs", default=str(table1.RUNS), metavar="FOLDER", help="where checkpoints are kept")
    four.add_argument("--device", choices=DEVICES, default="cpu", help="where to train")
    four.add_argument("--precision", choices=PRECISIONS, default="bfloat16", help="see train --help")
    four.add_argument("--threads", type=int, default=1, help="torch's threads of a run")
    four.add_argument("--steps", type=int, default=None, help="batches of each run, if not the table's own")
    return parser


def _seconds(text: str) -> float:
    """A time such as 90s, 30m or 2h, in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"expected a time such as 90s, 30m or 2h, got {text!r}")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


def _explained(field: str) -> str:
    """The words of TrainConfig's own docstring on a field."""
    lines = iter((TrainConfig.__doc__ or "").splitlines())
    for line in lines:
        if line.strip().startswith(f"{field}: "):
            words = line.split(": ", 1)[1]
            for more in lines:
                if not more.startswith(" " * 12):
                    return words.replace("%", "%%")
                words += " " + more.strip()
    return field


def _from_file(path: str | None) -> dict[str, Any]:
    """The settings of a TOML file."""
    if path is None:
        return {}
    try:
        read = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"expected TOML in {path}, got: {error}") from error
    given = {key.replace("-", "_"): value for key, value in read.items()}
    known = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
    for key, value in given.items():
        if key not in known:
            raise ValueError(f"expected settings in {sorted(known)}, got {key!r} in {path}")
        wanted = float if known[key] is None else type(known[key])
        if wanted is float and type(value) is int:
            given[key] = float(value)
        elif type(value) is not wanted:
            raise ValueError(f"expected {key} to be of type {wanted.__name__}, got {value!r} in {path}")
    return given


def _train(arguments: argparse.Namespace) -> None:
    names = [field.name for field in dataclasses.fields(TrainConfig)]
    flags = {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}
    config = table1.asked({**_from_file(arguments.config), **flags})
    if arguments.checkpoint_every < 1:
        raise ValueError(f"expected --checkpoint-every of at least 1, got {arguments.checkpoint_every}")
    out = table1.default_folder(config) if arguments.out is None else Path(arguments.out)
    made_by = record.made_by(config)
    result = train(
        config,
        out=out,
        checkpoint_every=arguments.checkpoint_every,
        progress=not arguments.quiet,
    )
    record.write(out / "result.json", {"command": table1.command(config), **made_by, **record.outcome(result)})
    low, high = result.evaluation.interval
    if distributed.first():
        print(
            f"{config.model}: {models.count_parameters(result.model)} parameters, {result.seconds:.0f} s, "
            f"error {result.test_error:.2f} % ({low:.2f} to {high:.2f}) on {result.evaluation.n} pictures; all in {out}"
        )


def _reproduce(arguments: argparse.Namespace) -> None:
    if arguments.action == "report":
        print(table1.report(arguments.results))
        return
    for name in ("seeds", "jobs"):
        if getattr(arguments, name) < 1:
            raise ValueError(f"expected --{name} of at least 1, got {getattr(arguments, name)}")
    cells = table1.CELLS if arguments.cells is None else [table1.parse_cell(text) for text in arguments.cells]
    other = {name: getattr(arguments, name) for name in ("device", "precision", "threads")}
    if arguments.steps is not None:
        other["steps"] = arguments.steps
    left = table1.reproduce(
        cells, arguments.seeds, jobs=arguments.jobs, budget=arguments.budget,
        results=arguments.results, runs=arguments.runs, tell=_tell, **other,
    )  # fmt: skip
    print(
        f"{left} runs left; the same command goes on"
        if left
        else "all there: python -m stn_lib reproduce table1 report"
    )


def _tell(written: dict[str, Any]) -> None:
    """One line of a run's result."""
    low, high = written["interval_percent"]
    cell = table1.parse_cell(written["cell"])
    # Above a progress bar, where there is one.
    tqdm.write(
        f"{written['cell']:22s} seed {written['seed']}: {written['error_percent']:5.2f} % ({low:.2f} to {high:.2f}), "
        f"the paper's {table1.PAPER[cell.network][cell.distortion]}, {written['seconds']:.0f} s"
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    name = arguments.network
    if Path(name).exists() and not str(name).endswith(".safetensors"):
        model, config, _ = load_run(name)
    else:
        model, about = models.load_pretrained(name), models.pretrained_info(name)
        config = TrainConfig(**about.get("config", {}))
    distortion, max_angle = arguments.distortion or config.distortion, arguments.max_angle
    if max_angle is None and arguments.distortion is None:
        max_angle = config.max_angle
    wanted = dataclasses.replace(config, distortion=distortion, max_angle=max_angle)
    copies = config.copies if arguments.copies is None else arguments.copies
    found = evaluate(model, wanted.held_out(copies))
    low, high = found.interval
    print(f"error {found.error:.2f} % ({low:.2f} to {high:.2f}), {found.wrong} of {found.n} wrong")
    affine = found.theta.shape[1:] == (2, 3)  # a picture pulled or bent out of shape has no one turn
    for span, error, n in error_by_turn(found) if affine else []:
        print(f"  turned {span[0]:3.0f} to {span[1]:3.0f} degrees: {error:6.2f} % of {n}")


def _export(arguments: argparse.Namespace) -> None:
    if not arguments.to.endswith(".safetensors"):
        raise ValueError(f"expected --to to end in .safetensors, got {arguments.to!r}")
    model, config, state = load_run(arguments.run)
    if state["step"] < config.steps:
        raise ValueError(f"expected a finished run, got step {state['step']} of {config.steps}: train it to its end")
    about = {"command": table1.command(config), "seed": config.seed, "config": dataclasses.asdict(config)}
    path = models.save_weights(model, arguments.to, **about)
    # What is recorded is the error of the rounded weights, as everybody will load them.
    found = evaluate(models.load_pretrained(path), config.held_out())
    models.save_weights(
        model, path, **about, error_percent=round(found.error, 4), wrong=found.wrong, n=found.n,
        interval_percent=[round(x, 2) for x in found.interval], hold_out=config.hold_out,
    )  # fmt: skip
    print(f"{path}: {path.stat().st_size} bytes, {json.dumps({'error %': round(found.error, 2), 'n': found.n})}")


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 where it went well, 2 with one line on stderr where the request was wrong."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(format="%(message)s")
    logging.getLogger("stn_lib").setLevel(logging.INFO)  # where a run is taken up, which mirror is asked
    try:
        work = {"train": _train, "evaluate": _evaluate, "export": _export, "reproduce": _reproduce}
        work[arguments.command](arguments)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"python -m stn_lib {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        again = "; the same command goes on at the last checkpoint"
        print(f"stopped{again if arguments.command in ('train', 'reproduce') else ''}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
