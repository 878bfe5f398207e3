"""The explorable of chapter 2: a signal is shifted, then pooled step by step."""

import numpy as np
import traitlets

from stn_lib.pooling import KERNELS
from stn_lib.widgets._base import Explorable, figure

_START = {"bits": [0, 0, 1, 1, 0, 0, 1, 1], "shift": -1, "kernel": "None", "keep": "first", "outside": "circular"}


class PoolShift(Explorable):
    """Shift eight bits or a feature map, then pool: dense maximum, blur, subsampling (every second value is kept).

    Convention: as in `stn_lib.pooling`; a positive shift is to the right. The difference is the mean absolute difference
    between the pooled values and those of the unshifted signal. The latter are first shifted by as many whole places as
    the output should move: by one for a shift of two, by none for a shift of one. With ``"zeros"``, zeros enter for the
    shift and the maximum, while the blur mirrors the signal at its ends, as `BlurPool2d` does.

    Args:
        feature_map: for the second view, (H, W), square, with an even side, values from 0 to 1.
        bits, shift, kernel, keep, outside, view: the state that the page opens with.
        spectrum: whether the frequencies are shown.

    Raises:
        ValueError: a feature map that is not square or of an odd side, other than eight bits.

    Example:
        >>> PoolShift(np.eye(6)).kernels[2]
        ['Tri-3', [1.0, 2.0, 1.0]]

    Chapter: 2
    """

    WORDS = {
        "title": "Shift the signal, then pool it",
        "signal": "signal",
        "bit": "bit {place} is {value}",
        "shifted": "shifted",
        "dense": "maximum of each pair",
        "blurred": "blurred",
        "kept": "pooled",
        "moved": "without the shift",
        "maps": {
            "shifted": "Feature map, shifted",
            "kept": "Pooled",
            "moved": "Pooled, without the shift",
            "differs": "Their difference",
        },
        "spectrum": "Frequencies before and after the blur",
        "frequencies": "\u25cb before the blur, \u25cf after it. Frequencies in the red part alias.",
        "frequency": "cycles per sample",
        "meter": "mean difference",
        "labels": {"shift": "shift", "outside": "At the edge", "kernel": "Blur", "keep": "Keep", "view": "Show"},
        "left": "{n} left",
        "rightward": "{n} right",
        "outsides": [["circular", "circular"], ["zeros", "zeros enter"]],
        "keeps": [["first", "every second"], ["largest", "larger (APS)"]],
        "views": [["signal", "signal"], ["image", "feature map"]],
        "example": "Reset",
        "still": "Without a shift there is no difference.",
        "same": "No difference: the same values, shifted by {places} in the output.",
        "other": "{count} of {all} pooled values have changed. Mean difference: {difference}.",
        "try": "Choose the blur Tri-3: the difference halves. Then shift by 2, or click a bit.",
        "tryMap": "Choose a blur, then Keep larger: which of them leaves less of a difference? Then shift by 2.",
    }
    kernels = traitlets.List().tag(sync=True)
    home = traitlets.Dict().tag(sync=True)
    feature_map = traitlets.List().tag(sync=True)
    map_size = traitlets.Int().tag(sync=True)
    bits = traitlets.List().tag(sync=True)
    shift = traitlets.Int(-1).tag(sync=True)
    kernel = traitlets.Enum(["None", *KERNELS], "None").tag(sync=True)
    keep = traitlets.Enum(["first", "largest"], "first").tag(sync=True)
    outside = traitlets.Enum(["circular", "zeros"], "circular").tag(sync=True)
    view = traitlets.Enum(["signal", "image"], "signal").tag(sync=True)
    spectrum = traitlets.Bool(False).tag(sync=True)

    def __init__(self, feature_map, **traits):
        pixels = np.asarray(feature_map, dtype=float)
        if pixels.ndim != 2 or pixels.shape[0] != pixels.shape[1] or pixels.shape[0] % 2 or not pixels.size:
            raise ValueError(f"expected a square feature map of an even side, got shape {pixels.shape}")
        traits = _START | traits
        if len(traits["bits"]) != 8 or set(traits["bits"]) - {0, 1}:
            raise ValueError(f"expected eight bits, 0 or 1, got {traits['bits']}")
        super().__init__(
            kernels=[["None", [1.0]], *([name, list(taps)] for name, taps in KERNELS.items())],
            home=_START | {"view": "signal"},
            feature_map=[round(float(v), 3) for v in pixels.ravel()],
            map_size=len(pixels),
            **traits,
        )

    def fallback(self) -> str:
        """The signal and its pooled values; below, both after a shift to the left by one."""
        bits = list(self.bits)
        left = bits[1:] + bits[:1]
        rows = [bits, [max(bits[k : k + 2]) for k in (0, 2, 4, 6)], left, [max(left[k : k + 2]) for k in (0, 2, 4, 6)]]
        parts = []
        for row, values in enumerate(rows):
            wide = 8 // len(values)
            for k, value in enumerate(values):
                x, y = 40 * (k * wide + wide / 2), 46 * row + (0 if row < 2 else 18)
                parts.append(
                    f'<rect x="{x - 17}" y="{y}" width="34" height="34" rx="6" style="fill:none;stroke:var(--stn-line)"/>'
                    f'<text x="{x}" y="{y + 22}" text-anchor="middle" style="fill:var(--stn-ink);font-size:15px">{value}</text>'
                )
        svg = f'<svg viewBox="0 -2 320 210" width="320" role="img" aria-label="{self.words["title"]}">{"".join(parts)}</svg>'
        return figure(svg, "Eight bits, max pooled by two; below, the same bits after a shift to the left by one.")
