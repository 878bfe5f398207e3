"""Our grid and our sampler against torch's in time.

Both run in turns in one process, so that a busy machine slows both; a ratio is the median over the rounds of our time
divided by torch's just before it. Beside it: our fastest time divided by torch's fastest, which other work on the
machine affects least. Bilinear, zeros, single precision. The record holds rows of several machines.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from experiments.experiment import Experiment, Job
from experiments.record import Row
from experiments.speed.clock import settle_allocator
from stn_lib.grid import affine_grid
from stn_lib.provenance import processor
from stn_lib.sampling import grid_sample


def torchs_pair(image: Tensor, theta: Tensor) -> Tensor:
    """Both functions of torch, which everything is compared with."""
    return F.grid_sample(image, F.affine_grid(theta, image.shape, align_corners=False), align_corners=False)


def training_pair(image: Tensor, theta: Tensor) -> Tensor:
    """Our grid and torch's sampler, as training uses them."""
    return F.grid_sample(image, affine_grid(theta, image.shape), align_corners=False)


def own_pair(image: Tensor, theta: Tensor) -> Tensor:
    """Both from scratch."""
    return grid_sample(image, affine_grid(theta, image.shape))


def torchs_sampler(image: Tensor, grid: Tensor) -> Tensor:
    """torch's sampler alone."""
    return F.grid_sample(image, grid, align_corners=False)


def seconds(function: Callable, image: Tensor, points: Tensor, backward: bool) -> float:
    """One call; with `backward`, gradients for image and points as well."""
    image = image.clone().requires_grad_(backward)
    points = points.clone().requires_grad_(backward)  # clone() keeps the layout in memory
    start = time.perf_counter()
    out = function(image, points)
    if backward:
        out.sum().backward()
    return time.perf_counter() - start


def compare(ours: Callable, torchs: Callable, image: Tensor, points: Tensor, backward: bool, rounds: int) -> dict:
    """Medians of the alternating rounds, after a few that only warm up."""
    torch.testing.assert_close(ours(image, points), torchs(image, points), atol=1e-4, rtol=1e-4)
    for _ in range(10):
        seconds(torchs, image, points, backward), seconds(ours, image, points, backward)
    pairs = [(seconds(torchs, image, points, backward), seconds(ours, image, points, backward)) for _ in range(rounds)]
    return {
        "ratio": round(statistics.median(b / a for a, b in pairs), 3),
        "ratio_of_fastest": round(min(b for _, b in pairs) / min(a for a, _ in pairs), 3),
        "torch_ms": round(statistics.median(a for a, _ in pairs) * 1e3, 3),
        "ours_ms": round(statistics.median(b for _, b in pairs) * 1e3, 3),
    }


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What decides every row."""
    return {"threads": options.threads, "rounds": options.rounds, "shape": options.shape}


#: By case our function, torch's, and the points that both take: theta, our grid or torch's grid.
CASES = {
    "our grid + torch's sampler": (training_pair, torchs_pair, lambda theta, shape: theta),
    "our sampler, on our grid": (grid_sample, torchs_sampler, affine_grid),
    "our sampler, on torch's grid": (
        grid_sample, torchs_sampler, lambda theta, shape: F.affine_grid(theta, shape, align_corners=False),
    ),
    "our grid + our sampler": (own_pair, torchs_pair, lambda theta, shape: theta),
}  # fmt: skip


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each case on this machine."""
    return [{"processor": processor(), "case": case} for case in CASES]


def measure(row: Row, job: Job) -> Row:
    """The times of one case, forward and forward with backward."""
    torch.set_num_threads(job.options.threads)
    settle_allocator()
    shape = tuple(job.options.shape)
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(shape, generator=generator)
    theta = torch.eye(2, 3) + 0.1 * torch.randn(shape[0], 2, 3, generator=generator)
    ours, torchs, points = CASES[row["case"]]
    return {
        key: compare(ours, torchs, image, points(theta, shape), backward, job.options.rounds)
        for key, backward in (("forward", False), ("forward_backward", True))
    }


def report(record: dict[str, Any]) -> str:
    """The ratios in Markdown: of the medians, and of the fastest in brackets."""
    lines = ["| processor | case | forward | forward + backward |", "|---" * 4 + "|"]
    for row in record["runs"]:
        cells = (
            f"{row[key]['ratio']:.2f} ({row[key]['ratio_of_fastest']:.2f})" for key in ("forward", "forward_backward")
        )
        lines.append(f"| {row['processor']} | {row['case']} | {' | '.join(cells)} |")
    return "\n".join(lines)


EXPERIMENT = Experiment(("processor", "case"), rows, measure, report, settings)
