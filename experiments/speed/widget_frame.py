"""Measure the time of a redraw: of an explorable in the browser, and of interact with matplotlib in the kernel.

This mounts LossAlongShift on a 128 by 128 image (and those that run networks or pool) in headless Chromium, changes its
state, and times each frame's work, layout included. In the same run it measures one update of what a reader would write
with ``ipywidgets.interact``, grid_sample on the same image drawn by matplotlib's inline backend.
"""

import argparse
import base64
import io
import json
import statistics
import time
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch.nn import functional as F

from stn_lib.data import sample_digits
from stn_lib.models import build
from stn_lib.widgets import (
    AlignImage,
    LossAlongShift,
    MoveBird,
    MoveDigit,
    PoolShift,
    ReadNumber,
    StraightenDigit,
    TracePixel,
    WarpImage,
)
from tools.browser import chromium

EXPLORABLE = "explorable, 128x128"
PAGE = """<!doctype html><html data-theme="light"><style>%s</style><div id="el" style="width:688px"></div></html>"""
MEASURE = """async ([source, state, trait, values]) => {
  for (const key in state) if (state[key] && state[key].b64) {
    state[key] = new DataView(Uint8Array.from(atob(state[key].b64), (c) => c.charCodeAt(0)).buffer);
  }
  const heard = {}, times = [];
  const model = { get: (k) => state[k], save_changes() {}, off() {},
    set(k, v) { state[k] = v; (heard["change:" + k] || []).forEach((f) => f()); },
    on(events, f) { for (const e of events.split(" ")) (heard[e] ??= []).push(f); } };
  const native = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (f) => native((t) => {
    const start = performance.now();
    f(t);
    document.getElementById("el").getBoundingClientRect();  // the layout belongs to the frame
    times.push(performance.now() - start);
  });
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  module.default.render({ model, el: document.getElementById("el") });
  for (const value of values) {
    model.set(trait, value);
    await new Promise((done) => native(() => native(done)));
  }
  return times;
}"""


def in_browser(widget, trait: str, values: list) -> list[float]:
    """Measure the milliseconds of each frame while `trait` takes one value after another."""
    hidden = ("_esm", "_css", "layout")
    state = {k: v for k, v in widget.get_state().items() if k not in hidden}
    state = {k: {"b64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for k, v in state.items()}
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_content(PAGE % widget._css)
        return page.evaluate(MEASURE, [str(widget._esm), state, trait, values])


def in_kernel(image: torch.Tensor, runs: int) -> list[float]:
    """Measure the milliseconds of one update as ``interact`` does it: sample, draw, encode the figure."""
    times = []
    for k in range(runs):
        start = time.perf_counter()
        theta = torch.tensor([[[1.0, 0, 0.01 * k], [0, 1, 0]]])
        moved = F.grid_sample(
            image[None, None], F.affine_grid(theta, (1, 1, *image.shape), align_corners=False), align_corners=False
        )
        fig, axes = plt.subplots(1, 2, figsize=(7, 3.5))
        axes[0].imshow(image, cmap="gray")
        axes[1].imshow(moved[0, 0], cmap="gray")
        fig.savefig(io.BytesIO(), format="png", bbox_inches="tight")
        plt.close(fig)
        times.append(1000 * (time.perf_counter() - start))
    return times[2:]


def spread(times: list[float]) -> dict[str, float]:
    """Return number, median and 95th percentile."""
    cuts = statistics.quantiles(times, n=20)
    return {"frames": len(times), "median_ms": round(statistics.median(times), 2), "p95_ms": round(cuts[18], 2)}


def widgets(image: torch.Tensor, frames: int) -> dict[str, tuple[Any, str, list]]:
    """Return for each name the widget, the trait that is changed, and its values."""
    # Trained or not, a network costs the same.
    network = build("cnn", torch.Generator().manual_seed(0), in_size=(40, 40)).eval()
    thetas = [[1 + (k % 50) / 100, 0, 0, 0, 1, 0] for k in range(frames)]
    return {
        EXPLORABLE: (LossAlongShift(image.numpy()), "shift", [(k % 200) / 10 - 10 for k in range(frames)]),
        "cover, two networks": (StraightenDigit(), "degrees", [(k % 160) - 80 for k in range(frames)]),
        "move a digit, one network and its map": (MoveDigit(network), "turn", [(k % 160) - 80 for k in range(frames)]),
        "read a house number, two networks": (ReadNumber(), "x", [(k % 60) - 30 for k in range(frames)]),
        "move a bird, two networks": (MoveBird(view="bird"), "x", [(k % 60) - 30 for k in range(frames)]),
        "pool a signal": (PoolShift(sample_digits()[7, 0]), "shift", [(k % 17) - 8 for k in range(frames)]),
        "warp an image": (WarpImage(), "theta", thetas),
        "trace a pixel": (TracePixel(), "row", [k % 4 for k in range(frames)]),
        "align two images, another step": (AlignImage(), "step", [k % 121 for k in range(frames)]),
        "align two images, another start (120 steps of gradient descent)": (
            AlignImage(), "x", [(k % 40) / 100 for k in range(frames)],
        ),
    }  # fmt: skip


def main(options: argparse.Namespace) -> int:
    """Print the median and the 95th percentile of each explorable's frames, and of the kernel's updates."""
    plt.switch_backend("Agg")
    image = F.interpolate(sample_digits()[7:8], size=(128, 128), mode="bilinear")[0, 0]
    times = {name: in_browser(*one) for name, one in widgets(image, options.frames).items()}
    times["interact + matplotlib"] = in_kernel(image, max(12, options.frames // 10))
    ratio = statistics.median(times["interact + matplotlib"]) / statistics.median(times[EXPLORABLE])
    print(json.dumps({name: spread(own) for name, own in times.items()} | {"ratio of medians": round(ratio)}, indent=2))
    return 0
