"""How a spatial transformer collapses, and what cures it: each fault and each cure over seeds.

    python benchmarks/collapse.py [--seeds 5] [--out results/collapse.json]

Four cases on the embedded digits: a window that starts on blank margin; a localisation network that learns too fast;
the frame round a normalised picture; PyTorch's tutorial with its padding. Every run is written as soon as it is
measured; run it again and it goes on with those that are missing. A file of other settings is not mixed with: delete
it first. Settings were chosen with --hold-out validation.
"""

import argparse
import datetime
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.live_gap import ROOT, header
from stn_lib import models
from stn_lib.data import Distortion, held_out_set, load_digits_split, training_batch
from stn_lib.grid import affine_grid
from stn_lib.localization import start_at
from stn_lib.provenance import git
from stn_lib.spatial_transformer import TRANSFORMS, SpatialTransformer, Transform
from stn_lib.training import TrainConfig, evaluate, learning_rate, record, train

STEPS, BATCH, LR = 150, 64, 8e-3
TUTORIAL_STEPS = 400
MARGIN = Distortion("margin", out_size=(60, 60), max_angle=0.0, scale=(0.8, 1.0), max_shift=8.0)
UPRIGHT = Distortion("upright", out_size=(28, 28), max_angle=0.0)
OFF = (0.3, 1.0, 0.0)  # (s, t_x, t_y): a window of 18 of the 60 pixels, to the right of every digit


def bounded(parameters: Tensor) -> Tensor:
    """A window of half to all of the picture's side, s = 1/2 + 1/2 sigmoid(a), t = (1 - s) tanh(b), as theta."""
    size = 0.5 + 0.5 * torch.sigmoid(parameters[:, :1])
    place = (1 - size) * torch.tanh(parameters[:, 1:])
    zero = torch.zeros_like(size)
    return torch.cat([size, zero, place[:, :1], zero, size, place[:, 1:]], 1).view(-1, 2, 3)


WINDOW = Transform((0.0, 0.0, 0.0), bounded, affine_grid)


def network(generator, in_size, transform="affine", start=None, **outside) -> models.STCNN:
    """The live chapter's ST-CNN with another transform, another start, another padding."""
    net = models.build("st-cnn", generator, in_size=in_size)
    localization, family = net.transformer.localization, TRANSFORMS.get(transform, transform)
    localization[-1] = nn.Linear(localization[-1].in_features, len(family.identity))
    net.transformer = SpatialTransformer(localization, (28, 28), transform, **outside)
    if start is not None:
        start_at(localization, torch.tensor(start))
    return net


class Tutorial(nn.Module):
    """The network of PyTorch's tutorial on spatial transformers: no batch norm, dropout in the classifier."""

    def __init__(self, **outside):
        super().__init__()
        looks = [nn.Conv2d(1, 8, 7), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(8, 10, 5), nn.MaxPool2d(2), nn.ReLU()]
        answers = [nn.Flatten(), nn.Linear(90, 32), nn.ReLU(), nn.Linear(32, 6)]
        self.transformer = SpatialTransformer(nn.Sequential(*looks, *answers), (28, 28), **outside)
        self.classifier = nn.Sequential(
            *(nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU()),
            *(nn.Conv2d(10, 20, 5), nn.Dropout2d(), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(320, 50), nn.ReLU(), nn.Dropout(), nn.Linear(50, 10)),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.transformer(images))


def descend(net, recipe, split, generator, optimizer, rate, steps, penalty=0.0, smoothing=0.0, prepare=None) -> None:
    """Train the two parts of a network; `penalty` is the weight of |theta - identity|^2."""
    net.train()
    for step in range(steps):
        images, labels = training_batch(split, recipe, BATCH, generator=generator)
        images = prepare(images) if prepare else images
        theta = net.transformer.theta(images)
        seen = net.transformer.sample(images, theta)
        loss = F.cross_entropy(net.classifier(seen), labels, label_smoothing=smoothing)
        away = (theta - torch.eye(2, 3)).square().sum((1, 2)).mean()
        for group in optimizer.param_groups:
            group["lr"] = rate(step) * group.get("factor", 1.0)
        optimizer.zero_grad()
        (loss + penalty * away if penalty else loss).backward()
        optimizer.step()


def look(net, recipe, split, prepare=None, paper=0.0) -> dict:
    """What became of a network: its error, its windows without ink or gradient, its zoom, what it reads outside."""
    held_out = held_out_set(split, recipe, copies=2)
    images, labels = prepare(held_out.images) if prepare else held_out.images, held_out.labels
    net.eval()
    theta = net.transformer.theta(images).detach().requires_grad_()
    grid, seen = net.transformer.grid(theta), net.transformer.sample(images, theta)
    logits = net.classifier(seen)
    F.cross_entropy(logits, labels, reduction="sum").backward()
    zoom = (theta[:, 0, 0] * theta[:, 1, 1] - theta[:, 0, 1] * theta[:, 1, 0]).detach().abs().sqrt()
    reach = grid.detach().abs().amax(3)
    beyond = seen.detach()[:, 0][reach > 1 + 1 / images.shape[-1]]  # no bilinear neighbour inside
    shares = {
        "error_percent": logits.argmax(1) != labels,
        "blank_percent": (seen - paper).abs().amax((1, 2, 3)) < 1e-6,
        "no_gradient_percent": theta.grad.abs().amax((1, 2)) == 0,
        "zoomed_out_percent": zoom > 1,
        "outside_percent": reach > 1,
    }
    told = {name: round(100 * share.double().mean().item(), 2) for name, share in shares.items()}
    frame = round(beyond.mean().item() - paper, 3) + 0.0 if len(beyond) else None
    return told | {"zoom": round(zoom.mean().item(), 3), "frame": frame, "n": len(labels)}


def with_adam(seed, split, recipe, factor=1.0, penalty=0.0, prepare=None, paper=0.0, **kind) -> dict:
    """One run of the ST-CNN, as the live chapter trains it; `factor` is the localisation network's share of LR."""
    generator = torch.Generator().manual_seed(seed)
    net = network(generator, recipe.out_size, **kind)
    groups = [
        {"params": list(net.classifier.parameters()), "factor": 1.0},
        {"params": list(net.transformer.parameters()), "factor": factor},
    ]
    config = TrainConfig(steps=STEPS, lr=LR)
    optimizer = torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    rate = partial(learning_rate, config=config)
    descend(net, recipe, split, generator, optimizer, rate, STEPS, penalty, config.label_smoothing, prepare)
    return look(net, recipe, split, prepare, paper)


def as_tutorial(seed, split, recipe, prepare=None, paper=0.0, **outside) -> dict:
    """One run of the tutorial's network and recipe, with momentum, so that some hundred steps do."""
    with torch.random.fork_rng(devices=[]):  # dropout and torch's first weights draw from the global state
        torch.manual_seed(seed)
        net = Tutorial(**outside)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
        generator = torch.Generator().manual_seed(seed)
        descend(net, recipe, split, generator, optimizer, lambda step: 0.01, TUTORIAL_STEPS, prepare=prepare)
        return look(net, recipe, split, prepare, paper)


def plain_cnn(seed, split, hold_out="test") -> dict:
    """The network without a spatial transformer on the same task, for comparison."""
    config = TrainConfig("cnn", seed=seed, steps=STEPS, batch_size=BATCH, lr=LR, hold_out=hold_out)
    result = train(config, progress=False)
    found = evaluate(result.model, held_out_set(split, config.recipe, copies=2))
    return {"error_percent": round(found.error, 2), "n": found.n}


def paddings(run: Callable, mean: float, std: float, **settings) -> dict[str, Callable]:
    """A run with normalised pictures and each of three paddings; one with pictures as they are; one that takes them
    times 1 / std alone: as loud as normalised ones, but with paper at 0, round which zeros are no frame.
    """
    paper = -mean / std
    normalised = partial(run, prepare=lambda x: (x - mean) / std, paper=paper, **settings)
    return {
        "zeros": normalised,
        "border": partial(normalised, padding_mode="border"),
        "background": partial(normalised, background=paper),
        "not normalised": partial(run, **settings),
        "only divided by std": partial(run, prepare=lambda x: x / std, **settings),
    }


def cases(split, hold_out: str) -> dict[str, dict[str, Callable]]:
    """Every case: the runs it compares, by name; each takes a seed and the digits."""
    ink = split.train_images
    mean, std = ink.mean().item(), ink.std().item()
    margin = partial(with_adam, recipe=MARGIN, transform="attention")
    turned = partial(with_adam, recipe=TrainConfig(distortion="RTS").recipe)
    r = TrainConfig(distortion="R").recipe
    return {
        "blank margin": {
            "start off the digit": partial(margin, start=OFF),
            "… border padding": partial(margin, start=OFF, padding_mode="border"),
            "… localisation × 0.1": partial(margin, start=OFF, factor=0.1),
            "… penalty 1": partial(margin, start=OFF, penalty=1.0),
            "bounded, start at its right end": partial(margin, transform=WINDOW, start=(-3.0, 3.0, 0.0)),
            "start at the identity": margin,
        },
        "localisation too fast": {
            "no transformer": partial(plain_cnn, hold_out=hold_out),
            "× 0.25": partial(turned, factor=0.25),
            "× 1": turned,
            "× 10": partial(turned, factor=10.0),
            "× 30": partial(turned, factor=30.0),
            "× 10, penalty 1": partial(turned, factor=10.0, penalty=1.0),
            "× 30, penalty 1": partial(turned, factor=30.0, penalty=1.0),
            "× 10, bounded": partial(turned, factor=10.0, transform=WINDOW),
            "× 0.25, bounded": partial(turned, factor=0.25, transform=WINDOW),
        },
        "frame": paddings(with_adam, mean, std, recipe=r),
        "tutorial, upright": paddings(as_tutorial, mean, std, recipe=UPRIGHT),
        "tutorial, turned": paddings(as_tutorial, mean, std, recipe=r),
    }


def taken_up(out: Path, command: str, settings: dict, parser: argparse.ArgumentParser) -> dict:
    """The table that a file holds, or a new one; the parser's error where the file holds other settings.

    A new one says how it is made: commit (with a + where files differ from it), date, versions, settings.
    """
    if out.exists():
        table = json.loads(out.read_text())
        if table.get("settings") != settings:
            parser.error(f"{out} holds runs of other settings: delete it, or choose another --out")
        return table
    about = {key: value for key, value in header(TrainConfig()).items() if key != "config"}
    changed = git("status", "--porcelain", "--untracked-files=no")
    commit = about["commit"] and about["commit"][:7] + ("+" if changed else "")
    day = datetime.date.today().isoformat()
    return about | {"command": command, "commit": commit, "date": day, "settings": settings, "runs": []}


SHOWN = {
    "error_percent": "error %", "blank_percent": "blank %", "no_gradient_percent": "gradient 0 %", "zoom": "zoom",
    "zoomed_out_percent": "zoomed out %", "outside_percent": "outside %", "frame": "frame",
}  # fmt: skip


def summary(rows: list[dict]) -> dict:
    """Mean, smallest and largest of every measure over seeds, and how many runs ended without any gradient."""
    told = {"seeds": len(rows), "dead_runs": sum(row.get("no_gradient_percent") == 100 for row in rows)}
    for name in SHOWN:
        values = [row[name] for row in rows if row.get(name) is not None]
        if values:
            told[name] = [round(statistics.mean(values), 3), min(values), max(values)]
    return told


def markdown(summaries: dict[str, dict[str, dict]]) -> str:
    """The summaries: mean (smallest to largest)."""
    lines = []
    for case, runs in summaries.items():
        lines += [f"| {case} | dead runs | " + " | ".join(SHOWN.values()) + " |", "|---" * (len(SHOWN) + 2) + "|"]
        for name, told in runs.items():
            cells = ["{:.4g} ({:.4g} to {:.4g})".format(*told[key]) if key in told else "–" for key in SHOWN]
            lines.append(f"| {name} | {told['dead_runs']} of {told['seeds']} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Measure the runs that the file lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds, from 0")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "collapse.json", help="the table")
    parser.add_argument("--hold-out", choices=("test", "validation"), default="test", help="digits to measure on")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    split = load_digits_split(hold_out=arguments.hold_out)
    mean, std = split.train_images.mean().item(), split.train_images.std().item()
    settings = {
        "steps": STEPS, "tutorial_steps": TUTORIAL_STEPS, "batch_size": BATCH, "lr": LR, "hold_out": arguments.hold_out,
        "mean": round(mean, 4), "std": round(std, 4), "background": round(-mean / std, 4),
    }  # fmt: skip
    found = taken_up(arguments.out, "python benchmarks/collapse.py", settings, parser)
    done = {(row["case"], row["run"], row["seed"]) for row in found["runs"]}
    every = cases(split, arguments.hold_out)
    for seed in range(arguments.seeds):
        for case, name in [(case, name) for case, runs in every.items() for name in runs]:
            if (case, name, seed) in done:
                continue
            began = time.perf_counter()
            told = every[case][name](seed, split)
            seconds = round(time.perf_counter() - began, 1)
            found["runs"].append({"case": case, "run": name, "seed": seed, "seconds": seconds, **told})
            record.write(arguments.out, found)
    found["summary"] = {
        case: {name: summary([r for r in found["runs"] if (r["case"], r["run"]) == (case, name)]) for name in runs}
        for case, runs in every.items()
    }
    record.write(arguments.out, found)
    print(markdown(found["summary"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
