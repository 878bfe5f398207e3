"""How the library's grid and sampler compare with torch's in time.

    python benchmarks/sampler.py [--threads 1] [--rounds 200] [--out results/sampler.json]

Both run in turns in one process, so that a busy machine slows both; a ratio is the median over the rounds of ours
divided by torch's right before it. Beside it in brackets: the fastest of ours divided by the fastest of torch's, which
other work on the machine touches least. Bilinear, zeros, single precision. Nothing is written without --out.

A tensor of 32 MB is made and freed first, as any training process has done: until then the C library gives memory back
to the system after each call, and faulting it in again takes several times longer than the work itself.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib.grid import affine_grid
from stn_lib.provenance import git
from stn_lib.sampling import grid_sample
from stn_lib.training import record

ROOT = Path(__file__).resolve().parents[2]


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


def seconds(function: Callable, image: Tensor, points: Tensor, backward: bool) -> float:
    """One call; with `backward`, gradients for picture and points as well."""
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


def measure(shape: tuple[int, int, int, int], rounds: int) -> list[dict]:
    """Every comparison on one shape, forward and forward with backward."""
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
        row = {"case": name, "shape": list(shape)}
        for key, backward in (("forward", False), ("forward_backward", True)):
            row[key] = compare(ours, torchs, image, points, backward, rounds)
        rows.append(row)
    return rows


def header(arguments: argparse.Namespace) -> dict:
    """How the table was made."""
    return {
        "command": f"python benchmarks/sampler.py --threads {arguments.threads} --rounds {arguments.rounds}",
        "commit": git("rev-parse", "HEAD"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "threads": arguments.threads,
    }


def main() -> int:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--rounds", type=int, default=200, help="rounds that a median is taken over")
    parser.add_argument("--shape", type=int, nargs=4, default=[256, 1, 28, 28], metavar=("N", "C", "H", "W"))
    parser.add_argument("--out", type=Path, help="write the table there, as JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.empty(8_000_000).fill_(0)
    rows = measure(tuple(arguments.shape), arguments.rounds)
    print(f"{'x'.join(map(str, arguments.shape))}, {arguments.threads} thread(s): time of ours / torch's")
    print(f"{'':30s}{'forward':>16s}{'forward + backward':>22s}")
    for row in rows:
        cells = (
            f"{row[key]['ratio']:.2f} ({row[key]['ratio_of_fastest']:.2f})" for key in ("forward", "forward_backward")
        )
        print("{:30s}{:>16s}{:>22s}".format(row["case"], *cells))
    if arguments.out:
        record.write(arguments.out, {**header(arguments), "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
