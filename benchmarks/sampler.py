"""Compare the library's grid and sampler with torch's in time.

    python benchmarks/sampler.py [--threads 1 2] [--shapes 256x1x28x28] [--rounds 200] [--out results/sampler.json]

Ours and torch's run alternately in one process, so that a busy machine slows both; one thread is measured in processor
time. A ratio is the median over the
rounds of our time divided by torch's; in brackets the fastest of ours divided by the fastest of torch's, which other
work on the machine affects least. Bilinear, zeros, single precision.

The ratio depends on the machine, and most on its memory allocator: torch's sampler allocates one result, ours about a
dozen intermediate ones. Where the allocator returns memory to the system after each call, the system clears every page
again at its next use, which takes several times longer than the arithmetic. So the table shows page faults per call,
and the record names the allocator. A tensor of 32 MB is made and freed first, as any training process has done; glibc
then keeps the memory, unless a MALLOC_ variable is set.

With --out the result replaces the entry of this machine in the record; the entries of other machines stay.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.grid import affine_grid
from stn_lib.provenance import git, instruction_set, processor
from stn_lib.sampling import grid_sample
from stn_lib.training import record

try:
    import resource
except ImportError:  # Windows
    resource = None

MACHINE = ("processor", "instruction_set", "system", "allocator")  # what tells one machine of the record from another


def torchs_pair(image: Tensor, theta: Tensor) -> Tensor:
    """What everything is measured against: both functions of torch."""
    return F.grid_sample(image, F.affine_grid(theta, image.shape, align_corners=False), align_corners=False)


def training_pair(image: Tensor, theta: Tensor) -> Tensor:
    """What the training path runs: our grid, torch's sampler."""
    return F.grid_sample(image, affine_grid(theta, image.shape), align_corners=False)


def own_pair(image: Tensor, theta: Tensor) -> Tensor:
    """Both from scratch."""
    return grid_sample(image, affine_grid(theta, image.shape))


def torchs_sampler(image: Tensor, grid: Tensor) -> Tensor:
    """torch's sampler alone."""
    return F.grid_sample(image, grid, align_corners=False)


def page_faults() -> int:
    """Pages that the system has handed to this process so far; 0 where it does not count them."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt if resource else 0


def cost(function: Callable, image: Tensor, points: Tensor, backward: bool) -> tuple[float, int]:
    """Seconds and page faults of one call; with `backward`, gradients for image and points as well.

    One thread is measured by its processor time, which excludes the time in which other processes run; several threads
    by the clock on the wall.
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
    """Medians of the alternating rounds, after a few that only warm up."""
    torch.testing.assert_close(ours(image, points), torchs(image, points), atol=1e-3, rtol=1e-3)
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


def measure(shape: tuple[int, ...], threads: int, rounds: int) -> list[dict]:
    """Every comparison on one shape, forward and forward with backward."""
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(shape, generator=generator)
    theta = torch.eye(2, 3) + 0.1 * torch.randn(shape[0], 2, 3, generator=generator)
    theirs = F.affine_grid(theta, image.shape, align_corners=False)
    cases = [
        ("our grid + torch's sampler", training_pair, torchs_pair, theta),
        ("our sampler, on our grid", grid_sample, torchs_sampler, affine_grid(theta, image.shape)),
        ("our sampler, on torch's grid", grid_sample, torchs_sampler, theirs),
        ("our grid + our sampler", own_pair, torchs_pair, theta),
    ]
    rows = []
    for name, ours, torchs, points in cases:
        row = {"case": name, "shape": list(shape), "threads": threads}
        for key, backward in (("forward", False), ("forward_backward", True)):
            row[key] = compare(ours, torchs, image, points, backward, rounds)
        rows.append(row)
    return rows


def allocator(environment: Mapping[str, str] = os.environ) -> str:
    """The C library, and the settings that change how it allocates memory."""
    library = " ".join(platform.libc_ver()).strip() or "not known"
    names = sorted(n for n in environment if n.startswith("MALLOC_") or n in ("GLIBC_TUNABLES", "LD_PRELOAD"))
    settings = [f"{name}={Path(environment[name]).name}" for name in names if environment[name]]
    return ", ".join([library, *(settings or ["no settings"])])


def entry(command: str, rows: list[dict]) -> dict:
    """The record of one machine."""
    return {
        "processor": processor(),
        "instruction_set": instruction_set(),
        "system": f"{platform.system()} {platform.machine()}",
        "allocator": allocator(),
        "command": command,
        "commit": git("rev-parse", "HEAD"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "rows": rows,
    }


def merged(content: dict, new: dict) -> dict:
    """The record with `new` in place of the entry of the same machine, or added; the others stay as they are."""
    old = content.get("machines", [])
    same = [all(one[key] == new[key] for key in MACHINE) for one in old]
    if not any(same):
        return {"machines": [*old, new]}
    return {"machines": [new if here else one for one, here in zip(old, same, strict=True)]}


def sizes(text: str) -> tuple[int, ...]:
    """A shape such as 256x1x28x28.

    Example:
        >>> sizes("8x3x224x224")
        (8, 3, 224, 224)
    """
    shape = tuple(map(int, text.split("x")))
    if len(shape) != 4:
        raise ValueError(f"expected NxCxHxW, got {text}")
    return shape


def main(words: list[str] | None = None) -> int:
    """Measure, print, and write if asked to."""
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1], help="threads of torch, one table for each")
    parser.add_argument("--rounds", type=int, default=200, help="rounds that a median is taken over")
    parser.add_argument("--shapes", type=sizes, nargs="+", default=[(256, 1, 28, 28)], metavar="NxCxHxW")
    parser.add_argument("--out", type=Path, help="the record to write this machine's entry into, as JSON")
    arguments = parser.parse_args(words)
    torch.empty(8_000_000).fill_(0)
    print(f"{processor()}, {instruction_set()}; allocator: {allocator()}")
    rows = []
    for shape in arguments.shapes:
        for threads in arguments.threads:
            table = measure(shape, threads, arguments.rounds)
            show(table)
            rows += table
    if arguments.out:
        content = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
        command = " ".join(["python benchmarks/sampler.py", *words])
        record.write(arguments.out, merged(content, entry(command, rows)))
    return 0


def show(table: list[dict]) -> None:
    """Print the rows of one shape and number of threads."""
    shape, threads = table[0]["shape"], table[0]["threads"]
    print(f"{'x'.join(map(str, shape))}, {threads} thread(s): time of ours / torch's, median (fastest); page faults")
    print(f"{'':30s}{'forward':>22s}{'forward + backward':>24s}")
    for row in table:
        cells = (
            "{ratio:.2f} ({ratio_of_fastest:.2f}); {ours_faults}".format(**row[key])
            for key in ("forward", "forward_backward")
        )
        print("{:30s}{:>22s}{:>24s}".format(row["case"], *cells))


if __name__ == "__main__":
    sys.exit(main())
