"""How long a redraw takes: an explorable in the browser against interact with matplotlib in the kernel.

    python benchmarks/widget_frame.py [--frames 300]

Mounts LossAlongShift on a 128 by 128 picture (and those that run networks or pool) in headless Chromium, moves
its state, and times each frame's work, layout included. Beside it, in the same run: one update of what a reader
would write with ``ipywidgets.interact``, grid_sample on the same picture drawn by matplotlib's inline backend.
"""

import argparse
import base64
import io
import json
import statistics
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from stn_lib.data import cast
from stn_lib.models import build
from stn_lib.widgets import AlignImage, LossAlongShift, MoveDigit, PoolShift, StraightenDigit, TracePixel, WarpImage
from tests.browser import chromium

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
    """Milliseconds of each frame while `trait` takes the values one after the other."""
    hidden = ("_esm", "_css", "layout")
    state = {k: v for k, v in widget.get_state().items() if k not in hidden}
    state = {k: {"b64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for k, v in state.items()}
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_content(PAGE % widget._css)
        return page.evaluate(MEASURE, [str(widget._esm), state, trait, values])


def in_kernel(image: torch.Tensor, runs: int) -> list[float]:
    """Milliseconds of one update in the manner of ``interact``: sample, draw, encode the figure."""
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
    cuts = statistics.quantiles(times, n=20)
    return {"frames": len(times), "median_ms": round(statistics.median(times), 2), "p95_ms": round(cuts[18], 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=300)
    frames = parser.parse_args().frames
    image = F.interpolate(cast()[7:8], size=(128, 128), mode="bilinear")[0, 0]
    loss = in_browser(LossAlongShift(image.numpy()), "shift", [(k % 200) / 10 - 10 for k in range(frames)])
    cover = in_browser(StraightenDigit(), "degrees", [(k % 160) - 80 for k in range(frames)])
    network = build(
        "cnn", torch.Generator().manual_seed(0), in_size=(40, 40)
    ).eval()  # trained or not, it costs the same
    moved = in_browser(MoveDigit(network), "turn", [(k % 160) - 80 for k in range(frames)])
    pooled = in_browser(PoolShift(cast()[7, 0]), "shift", [(k % 17) - 8 for k in range(frames)])
    corner = [[1 + (k % 50) / 100, 0, 0, 0, 1, 0] for k in range(frames)]
    warped = in_browser(WarpImage(), "theta", corner)
    traced = in_browser(TracePixel(), "row", [k % 4 for k in range(frames)])
    aligned = in_browser(AlignImage(), "step", [k % 121 for k in range(frames)])
    started = in_browser(AlignImage(), "x", [(k % 40) / 100 for k in range(frames)])
    kernel = in_kernel(image, max(12, frames // 10))
    result = {
        "explorable, 128x128": spread(loss),
        "cover, two networks": spread(cover),
        "move a digit, one network and its map": spread(moved),
        "pool a signal": spread(pooled),
        "warp a picture, pulled and pushed": spread(warped),
        "trace a pixel": spread(traced),
        "align two pictures, another step": spread(aligned),
        "align two pictures, another start (120 steps of descent anew)": spread(started),
        "interact + matplotlib": spread(kernel),
    }
    result["ratio of medians"] = round(statistics.median(kernel) / statistics.median(loss))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
