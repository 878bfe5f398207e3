"""A question that the reader answers before anything runs."""

import html

import numpy as np
import traitlets

from stn_lib.widgets._base import Explorable, pixels_svg


class Prediction(Explorable):
    """Asks for a guess, explains the option that was chosen, and remembers it in the reader's browser.

    Args:
        key: the name under which the browser remembers the answer; one per question in the book.
        question: one or two sentences.
        options: two or more of ``(text, correct, why)``. ``why`` is shown when the option is chosen: for a wrong option
            it explains the thought that leads to it.
        image: (H, W), values from 0 to 1, shown above the question; None shows none.
        images: one for each option, all of one size, where the answer is an image; None shows texts only.

    Raises:
        ValueError: fewer than two options, no correct one, or an option without an explanation; images that are not
            two-dimensional, of different sizes, or not as many as options.

    Example:
        >>> ask = Prediction("ch0-sum", "1 + 1?", [("2", True, "Yes."), ("11", False, "That joins digits.")])
        >>> ask.choice
        -1

    Chapter: all
    """

    WORDS: dict[str, str] = {
        "eyebrow": "Predict first",
        "quiet": "Choose an answer. There is no score, and each wrong answer has an explanation.",
        "correct": "\u2713 correct",
        "wrong": "\u2717 not correct",
        "again": "Answer again",
    }
    key = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    #: Pixels of the question's image and of the options' images, 0 to 255, row by row; empty where there is none.
    image = traitlets.List().tag(sync=True)
    images = traitlets.List().tag(sync=True)
    #: Their common (H, W).
    size = traitlets.List([0, 0]).tag(sync=True)
    #: Index of the chosen option, -1 while there is none.
    choice = traitlets.Int(-1).tag(sync=True)

    def __init__(
        self, key: str, question: str, options: list[tuple[str, bool, str]], image=None, images=None, **traits
    ):
        rows = [{"text": text, "correct": bool(correct), "why": why} for text, correct, why in options]
        if len(rows) < 2 or not any(row["correct"] for row in rows) or not all(row["why"] for row in rows):
            raise ValueError(
                "expected two or more options (text, correct, why), at least one correct and each explained, "
                f"got {options!r}"
            )
        shown = [] if images is None else list(images)
        if images is not None and len(shown) != len(rows):
            raise ValueError(f"expected one image for each of {len(rows)} options, got {len(shown)}")
        pixels = [_bytes(one) for one in shown + ([] if image is None else [image])]
        if len({one.shape for one in pixels}) > 1:
            raise ValueError(f"expected images of one size, got {[one.shape for one in pixels]}")
        traits |= {"size": list(pixels[0].shape)} if pixels else {}
        flat = [one.ravel().tolist() for one in pixels]
        super().__init__(
            key=key,
            question=question,
            options=rows,
            images=flat[: len(shown)],
            image=flat[-1] if image is not None else [],
            **traits,
        )

    def fallback(self) -> str:
        shown = [self._still(pixels) for pixels in self.images] or [""] * len(self.options)
        rows = zip(shown, self.options, strict=True)
        items = "".join(f"<li>{image}{html.escape(row['text'])}</li>" for image, row in rows)
        question = f"{self._still(self.image)}<p><strong>{html.escape(self.question)}</strong></p>"
        return f'<div class="stn-fallback">{question}<ol type="a">{items}</ol></div>'

    def _still(self, pixels: list[int]) -> str:
        """An image as SVG, framed; the text beside it says what it is."""
        height, width = self.size
        if not pixels:
            return ""
        frame = f'<rect width="{width}" height="{height}" style="fill:none;stroke:var(--stn-line)"/>'
        squares = pixels_svg((value / 255 for value in pixels), width)
        return f'<svg viewBox="0 0 {width} {height}" width="96" aria-hidden="true">{frame}{squares}</svg>'


def _bytes(image) -> np.ndarray:
    """An image of values from 0 to 1 as integers from 0 to 255."""
    values = np.asarray(image, dtype=float)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"expected an image (H, W) of finite values, got shape {values.shape}")
    return np.rint(255 * values.clip(0, 1)).astype(int)
