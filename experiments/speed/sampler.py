"""Measure the time of our grid and our sampler relative to torch's.

Ours and torch's run alternately in one process, so that a busy machine slows both; one thread is measured in processor
time. A ratio is the median over the rounds of our time divided by torch's. The number in brackets is our fastest time
divided by torch's fastest time, which other work on the machine affects least. All calls are bilinear with zeros
outside, in single precision.

The ratio depends on the machine, and most on its memory allocator: torch's sampler allocates one result, ours about a
dozen intermediate ones. Where the allocator returns memory to the system after each call, the system clears every page
again at its next use, which takes several times longer than the arithmetic. So the table shows page faults per call,
and the record names the allocator. A tensor of 32 MB is made and freed first, as any training process has done; glibc
then keeps the memory, unless a MALLOC_ variable is set.

The record holds rows of several machines. On a machine that it holds already, --again measures the rows again.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from experiments.experiment import Experiment, Job
from experiments.record import Row
from experiments.speed.clock import settle_allocator
from stn_lib.grid import affine_grid
from stn_lib.provenance import instruction_set, processor
from stn_lib.sampling import grid_sample

try:
    import resource
except ImportError:  # Windows
    resource = None

MACHINE = ("processor", "instruction_set", "system", "allocator")  # the fields that identify a machine of the record


def torchs_pair(image: Tensor, theta: Tensor) -> Tensor:
    """Run both functions of torch, the reference of all ratios."""
    return F.grid_sample(image, F.affine_grid(theta, image.shape, align_corners=False), align_corners=False)


def training_pair(image: Tensor, theta: Tensor) -> Tensor:
    """Run our grid and torch's sampler, as training does."""
    return F.grid_sample(image, affine_grid(theta, image.shape), align_corners=False)


def own_pair(image: Tensor, theta: Tensor) -> Tensor:
    """Run our grid and our sampler."""
    return grid_sample(image, affine_grid(theta, image.shape))


def torchs_sampler(image: Tensor, grid: Tensor) -> Tensor:
    """Run torch's sampler without a grid generator."""
    return F.grid_sample(image, grid, align_corners=False)


def page_faults() -> int:
    """Return the number of page faults of this process so far; 0 if the system does not count them."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt if resource else 0


def cost(function: Callable, image: Tensor, points: Tensor, backward: bool) -> tuple[float, int]:
    """Measure seconds and page faults of one call; with `backward`, including the gradients of image and points.

    One thread is measured in processor time, which excludes the time in which other processes run; several threads in
    wall-clock time.
    """
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    image = image.clone().requires_grad_(backward)
    points = points.clone().requires_grad_(backward)  # clone() keeps the layout in memory
    faults, start = page_faults(), clock()
    out = function(image, points)
    if backward:
        out.sum().backward()
    return clock() - start, page_faults() - faults


def compare(ours: Callable, torchs: Callable, image: Tensor, points: Tensor, backward: bool, rounds: int) -> dict:
    """Measure two functions in alternating rounds, after ten rounds of warm-up; return the medians."""
    torch.testing.assert_close(ours(image, points), torchs(image, points), atol=1e-4, rtol=1e-4)
    pairs = [[cost(f, image, points, backward) for f in (torchs, ours)] for _ in range(rounds + 10)][10:]
    torch_s, ours_s = ([pair[k][0] for pair in pairs] for k in (0, 1))
    torch_faults, ours_faults = ([pair[k][1] for pair in pairs] for k in (0, 1))
    return {
        "ratio": round(statistics.median(b / a for a, b in zip(torch_s, ours_s, strict=True)), 3),
        "ratio_of_fastest": round(min(ours_s) / min(torch_s), 3),
        "torch_ms": round(statistics.median(torch_s) * 1e3, 3),
        "ours_ms": round(statistics.median(ours_s) * 1e3, 3),
        "torch_faults": round(statistics.median(torch_faults)),
        "ours_faults": round(statistics.median(ours_faults)),
    }


#: For each case our function, torch's function, and the points that both take: theta, our grid or torch's grid.
CASES = {
    "our grid + torch's sampler": (training_pair, torchs_pair, lambda theta, shape: theta),
    "our sampler, on our grid": (grid_sample, torchs_sampler, affine_grid),
    "our sampler, on torch's grid": (
        grid_sample, torchs_sampler, lambda theta, shape: F.affine_grid(theta, shape, align_corners=False),
    ),
    "our grid + our sampler": (own_pair, torchs_pair, lambda theta, shape: theta),
}  # fmt: skip


def machine() -> dict[str, str]:
    """Describe the machine, on which the times depend."""
    return {
        "processor": processor(),
        "instruction_set": instruction_set(),
        "system": f"{platform.system()} {platform.machine()}",
        "allocator": allocator(),
    }


def allocator(environment: Mapping[str, str] = os.environ) -> str:
    """Describe the C library, and the settings that change how it allocates memory."""
    library = " ".join(platform.libc_ver()).strip() or "not known"
    names = sorted(n for n in environment if n.startswith("MALLOC_") or n in ("GLIBC_TUNABLES", "LD_PRELOAD"))
    settings = [f"{name}={Path(environment[name]).name}" for name in names if environment[name]]
    return ", ".join([library, *(settings or ["no settings"])])


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return no settings: every row contains its own."""
    return {}


def rows(options: argparse.Namespace) -> list[Row]:
    """List a row for each shape, number of threads and case, on this machine."""
    return [
        {**machine(), "shape": shape, "threads": threads, "rounds": options.rounds, "case": case}
        for shape in options.shapes
        for threads in options.threads
        for case in CASES
    ]


def measure(row: Row, job: Job) -> Row:
    """Measure the times of one case, forward, and forward with backward."""
    torch.set_num_threads(row["threads"])
    settle_allocator()
    shape = tuple(row["shape"])
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(shape, generator=generator)
    theta = torch.eye(2, 3) + 0.1 * torch.randn(shape[0], 2, 3, generator=generator)
    ours, torchs, points = CASES[row["case"]]
    return {
        key: compare(ours, torchs, image, points(theta, shape), backward, row["rounds"])
        for key, backward in (("forward", False), ("forward_backward", True))
    }


def line(row: Row) -> str:
    """Format the ratios of one case, with its page faults."""
    cells = (
        f"{row[key]['ratio']:.2f} ({row[key]['ratio_of_fastest']:.2f}) | {row[key].get('ours_faults', '–')}"
        for key in ("forward", "forward_backward")
    )
    shape = "x".join(map(str, row["shape"]))
    where = f"{row['processor']}, {row['instruction_set']}, {row['allocator']}"
    return f"| {where} | {shape}, {row['threads']} thread(s) | {row['case']} | {' | '.join(cells)} |"


def report(record: dict[str, Any]) -> str:
    """Format our time divided by torch's, median (fastest), in Markdown."""
    head = "| machine | shape | case | forward | page faults | forward + backward | page faults |"
    return "\n".join([head, "|---" * 7 + "|", *map(line, record["runs"])])


EXPERIMENT = Experiment((*MACHINE, "shape", "threads", "case"), rows, measure, report, settings, line=line)
