"""``python -m stn_lib train|evaluate|export``: the library's work from the command line."""

import argparse
import dataclasses
import json
import shlex
import sys
from pathlib import Path

from stn_lib import models
from stn_lib.data import DISTORTIONS
from stn_lib.models import MODELS, POOLS
from stn_lib.training import TrainConfig, error_by_turn, evaluate, load_run, train

_CHOICES = {"model": sorted(MODELS), "task": sorted(DISTORTIONS), "hold_out": ["test", "validation"], "pool": POOLS}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stn_lib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    formatter = argparse.ArgumentDefaultsHelpFormatter

    one = commands.add_parser("train", help="train a network, or take a run up again", formatter_class=formatter)
    one.add_argument("--out", default=None, metavar="FOLDER", help="where to keep checkpoint.pt and metrics.jsonl")
    one.add_argument("--checkpoint-every", type=int, default=100, metavar="STEPS", help="steps between checkpoints")
    one.add_argument("--quiet", action="store_true", help="no progress bar")
    for field in dataclasses.fields(TrainConfig):
        kind = {"max_angle": float}.get(field.name, type(field.default))
        one.add_argument(
            f"--{field.name.replace('_', '-')}", type=kind, default=field.default,
            choices=_CHOICES.get(field.name), help=_explained(field.name),
        )  # fmt: skip

    two = commands.add_parser("evaluate", help="measure a network", formatter_class=formatter)
    two.add_argument("network", help="a run's folder, a .safetensors file, or the name of committed weights")
    two.add_argument("--task", choices=_CHOICES["task"], default=None, help="distortion; the network's own if left out")
    two.add_argument("--max-angle", type=float, default=None, help="largest turn in degrees, if not the task's own")
    two.add_argument("--copies", type=int, default=4, help="distortions of each held-out digit")

    three = commands.add_parser("export", help="write a run's weights", formatter_class=formatter)
    three.add_argument("run", help="a run's folder")
    three.add_argument("--to", required=True, metavar="FILE", help="the .safetensors file to write")
    return parser


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


def _train(arguments: argparse.Namespace) -> None:
    config = TrainConfig(**{f.name: getattr(arguments, f.name) for f in dataclasses.fields(TrainConfig)})
    if arguments.checkpoint_every < 1:
        raise ValueError(f"expected --checkpoint-every of at least 1, got {arguments.checkpoint_every}")
    result = train(
        config,
        out=arguments.out,
        checkpoint_every=arguments.checkpoint_every,
        progress=not arguments.quiet,
    )
    low, high = result.evaluation.interval
    print(
        f"{config.model}: {models.count_parameters(result.model)} parameters, {result.seconds:.0f} s, "
        f"error {result.test_error:.2f} % ({low:.2f} to {high:.2f}) on {result.evaluation.n} pictures"
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    name = arguments.network
    if Path(name).exists() and not str(name).endswith(".safetensors"):
        model, config, _ = load_run(name)
    else:
        model, about = models.load_pretrained(name), models.pretrained_info(name)
        config = TrainConfig(**about.get("config", {}))
    task, max_angle = arguments.task or config.task, arguments.max_angle
    if max_angle is None and arguments.task is None:
        max_angle = config.max_angle
    wanted = dataclasses.replace(config, task=task, max_angle=max_angle)
    found = evaluate(model, wanted.distortion, hold_out=config.hold_out, copies=arguments.copies)
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
    used = {"model": config.model}  # the settings that are not the default ones, and the model in any case
    for field in dataclasses.fields(config):
        if getattr(config, field.name) != field.default:
            used.setdefault(field.name, getattr(config, field.name))
    flags = [part for k, v in used.items() for part in (f"--{k.replace('_', '-')}", str(v))]
    command = shlex.join(["python", "-m", "stn_lib", "train", *flags])
    about = {"command": command, "seed": config.seed, "config": dataclasses.asdict(config)}
    path = models.save_weights(model, arguments.to, **about)
    # What is recorded is the error of the rounded weights, as everybody will load them.
    found = evaluate(models.load_pretrained(path), config.distortion, hold_out=config.hold_out, copies=config.copies)
    models.save_weights(
        model, path, **about, error_percent=round(found.error, 4), wrong=found.wrong, n=found.n,
        interval_percent=[round(x, 2) for x in found.interval], hold_out=config.hold_out,
    )  # fmt: skip
    print(f"{path}: {path.stat().st_size} bytes, {json.dumps({'error %': round(found.error, 2), 'n': found.n})}")


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 where it went well, 2 with one line on stderr where the request was wrong."""
    arguments = _parser().parse_args(argv)
    try:
        {"train": _train, "evaluate": _evaluate, "export": _export}[arguments.command](arguments)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"python -m stn_lib {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command takes the run up at its last checkpoint", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
