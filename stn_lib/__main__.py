"""``python -m stn_lib train|evaluate|export``: train a network, measure it, and write its weights.

The long experiments, Table 1 among them, are run by ``python -m experiments``.
"""

import dataclasses
import difflib
import logging
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from stn_lib._command_line import explain, parse
from stn_lib.data.datasets import DATASETS
from stn_lib.data.distortions import DISTORTIONS
from stn_lib.training.config import TrainConfig, command, run_folder, stored_config

# torch takes a second to import. The commands import what they need after their arguments are parsed, so that --help and
# a mistyped flag get their answer immediately.


@dataclass(frozen=True, kw_only=True)
class Train(TrainConfig):
    """Train a network, or resume its run.

    The error is measured on the validation set; the test set is measured with --test, or later by evaluate. The defaults
    are those of the live chapter's networks. The runs of the paper's Table 1: python -m experiments table1 run. In two
    processes: torchrun --nproc-per-node 2 -m stn_lib train.

    Args:
        config: a TOML file with any of these settings; flags override it.
        out: folder for checkpoint.pt, metrics.jsonl and result.json. By default one in runs/ for each choice of settings.
        checkpoint_every: steps between checkpoints.
        test: train on the training and validation sets, and measure once on the test set.
        quiet: no progress bar.
    """

    dataset: Annotated[str, tyro.conf.arg(help=f"one of {', '.join(DATASETS)}.")] = TrainConfig.dataset
    distortion: Annotated[str, tyro.conf.arg(help=f"one of {', '.join(DISTORTIONS)}.")] = TrainConfig.distortion
    hold_out: tyro.conf.Suppress[str] = TrainConfig.hold_out  # --test sets it
    config: Path | None = None
    out: Path | None = None
    checkpoint_every: int = 100
    test: bool = False
    quiet: bool = False

    def __post_init__(self):
        """Check nothing here: `config_of` makes the TrainConfig, and `main` prints its errors."""

    def config_of(self) -> TrainConfig:
        settings = {field.name: getattr(self, field.name) for field in dataclasses.fields(TrainConfig)}
        return TrainConfig(**{**settings, "hold_out": "test" if self.test else "validation"})

    def run(self) -> None:
        config = self.config_of()
        if self.checkpoint_every < 1:
            raise ValueError(f"expected --checkpoint-every of at least 1, got {self.checkpoint_every}")
        from stn_lib.models import count_parameters
        from stn_lib.training import distributed, record, train

        out = run_folder(config) if self.out is None else self.out
        provenance = record.provenance(config)
        result = train(config, out=out, checkpoint_every=self.checkpoint_every, progress=not self.quiet)
        record.write(out / "result.json", {"command": command(config), **provenance, **record.run_summary(result)})
        if distributed.is_main_process():
            low, high = result.evaluation.interval
            print(
                f"{config.model}: {count_parameters(result.model)} parameters, {result.seconds:.0f} s "
                f"({config.steps / result.seconds:.0f} steps/s), error {result.error:.2f} % ({low:.2f} to {high:.2f}) on "
                f"{result.evaluation.n} {config.hold_out} images; all in {out}"
            )


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Measure a network on the test set.

    Args:
        network: a run's folder, a .safetensors file, or the name of weights in stn_lib/models/pretrained.
        distortion: instead of the one that the network was trained on.
        dataset: instead of the one that the network was trained on.
        max_angle: largest rotation in degrees, instead of the distortion's own.
        copies: distortions of each digit, instead of the run's own number.
    """

    network: tyro.conf.Positional[str]
    distortion: str | None = None
    dataset: str | None = None
    max_angle: float | None = None
    copies: int | None = None

    def run(self) -> None:
        from stn_lib import models
        from stn_lib.training import error_by_angle, evaluate, load_run
        from stn_lib.training.runs import held_out

        path = Path(self.network)
        remedy = "name a run's folder, a .safetensors file, or pretrained weights"
        if path.exists() and path.suffix != ".safetensors":
            model, config, _ = load_run(path, remedy)
        else:
            model = models.load_pretrained(self.network)
            config = stored_config(models.pretrained_info(self.network).get("config", {}), self.network, remedy)
        given = {name: getattr(self, name) for name in ("distortion", "dataset", "max_angle", "copies")}
        given = {name: value for name, value in given.items() if value is not None}
        if "distortion" in given:
            given.setdefault("max_angle", None)  # the run's own angle belongs to its own distortion
        found = evaluate(model, held_out(dataclasses.replace(config, **given, hold_out="test", evaluate_every=0)))
        low, high = found.interval
        print(f"test error {found.error:.2f} % ({low:.2f} to {high:.2f}), {found.wrong} of {found.n} wrong")
        affine = found.theta.shape[1:] == (2, 3)  # P and E have no single angle
        for span, error, n in error_by_angle(found) if affine else []:
            print(f"  rotated by {span[0]:3.0f} to {span[1]:3.0f} degrees: {error:6.2f} % of {n}")


@dataclass(frozen=True, kw_only=True)
class Export:
    """Write a run's weights.

    Args:
        folder: the run's folder.
        to: the .safetensors file to write.
    """

    folder: tyro.conf.Positional[Path]
    to: str

    def run(self) -> None:
        if not self.to.endswith(".safetensors"):
            raise ValueError(f"expected --to to end in .safetensors, got {self.to!r}")
        from stn_lib import models
        from stn_lib.training import evaluate, load_run
        from stn_lib.training.runs import held_out

        model, config, state = load_run(self.folder)
        if state["step"] < config.steps:
            raise ValueError(
                f"expected a finished run, got step {state['step']} of {config.steps}: run {command(config)!r} to its end"
            )
        about = {"command": command(config), "seed": config.seed, "config": dataclasses.asdict(config)}
        # Record the error of the rounded weights, because those are what is loaded.
        with tempfile.TemporaryDirectory() as folder:
            rounded = models.load_pretrained(models.save_weights(model, Path(folder) / "rounded.safetensors"))
        found = evaluate(rounded, held_out(config))
        path = models.save_weights(
            model, self.to, **about, error_percent=round(found.error, 4), wrong=found.wrong, n=found.n,
            interval_percent=[round(x, 2) for x in found.interval], hold_out=config.hold_out,
        )  # fmt: skip
        print(f"{path}: {path.stat().st_size} bytes, {config.hold_out} error {found.error:.2f} % of {found.n}")


COMMANDS = {"train": Train, "evaluate": Evaluate, "export": Export}
#: Commands that readers type here although another program has them.
ELSEWHERE = {
    "report": "python -m experiments table1 report",
    "reproduce": "python -m experiments table1 run",
    "table1": "python -m experiments table1",
}


def main(argv: list[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 on success; 2, with one line on stderr, for a wrong command; 130 after Ctrl-C.
    """
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] in ([], ["-h"], ["--help"]):
        print(_overview())
        return 0 if argv else 2
    name, *arguments = argv
    logging.basicConfig(format="%(message)s")
    logging.getLogger("stn_lib").setLevel(
        logging.INFO
    )  # messages such as the step at which a run resumes, and the mirror that is tried
    try:
        if name not in COMMANDS:
            raise ValueError(_unknown(name))
        parse(COMMANDS[name], arguments, f"python -m stn_lib {name}").run()
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        where = f" {name}" if name in COMMANDS else ""
        print(f"python -m stn_lib{where}: {message}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "stopped" + ("; the same command resumes at the last checkpoint" if name == "train" else ""),
            file=sys.stderr,
        )
        return 130
    return 0


def _overview() -> str:
    """Return what ``--help`` prints without a command."""
    lines = [f"  {name:10s}{(kind.__doc__ or '').splitlines()[0]}" for name, kind in COMMANDS.items()]
    head = f"usage: python -m stn_lib {{{','.join(COMMANDS)}}} [--help] ..."
    return "\n".join([head, "", *lines, "", "The long experiments, Table 1 among them: python -m experiments"])


def _unknown(name: str) -> str:
    """Return the message for a word that is not a command."""
    near = difflib.get_close_matches(name, [*COMMANDS, *ELSEWHERE], n=1)
    hint = ""
    if near:
        hint = f": did you mean: {ELSEWHERE.get(near[0], f'python -m stn_lib {near[0]}')}"
    return f"expected a command, one of {', '.join(COMMANDS)}, got {name!r}{hint}"


if __name__ == "__main__":
    sys.exit(main())
