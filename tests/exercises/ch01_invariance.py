"""Functions as learners write them in chapter 1: correct, mistaken, and neither."""

import numpy as np
import torch
from scipy import ndimage

from tests.exercises.answers import Answers


def by_scipy(image, dx, dy):
    return torch.from_numpy(ndimage.shift(image.numpy(), (dy, dx), order=0))


def by_slices(image, dx, dy):
    H, W = image.shape
    out = torch.zeros_like(image)
    if abs(dx) < W and abs(dy) < H:
        out[max(dy, 0) : H + min(dy, 0), max(dx, 0) : W + min(dx, 0)] = image[
            max(-dy, 0) : H - max(dy, 0), max(-dx, 0) : W - max(dx, 0)
        ]
    return out


def wrapped(image, dx, dy):
    H, W = image.shape
    return torch.stack([torch.stack([image[(r - dy) % H, (c - dx) % W] for c in range(W)]) for r in range(H)])


def negative_index(image, dx, dy):
    """Python's negative index wraps, a too large one is left out."""
    H, W = image.shape
    out = torch.zeros_like(image)
    for r in range(H):
        for c in range(W):
            if r - dy < H and c - dx < W and r - dy >= -H and c - dx >= -W:
                out[r, c] = image[r - dy, c - dx]
    return out


def clamped(image, dx, dy):
    padded = np.pad(image.numpy(), ((9, 9), (9, 9)), mode="edge")
    H, W = image.shape
    return torch.from_numpy(padded[9 - dy : 9 - dy + H, 9 - dx : 9 - dx + W].copy())


SHIFTS = {
    "wraps_round": wrapped,
    "edge_repeated": clamped,
    "sign": lambda image, dx, dy: by_scipy(image, -dx, -dy),
    "dx_dy_swapped": lambda image, dx, dy: by_scipy(image, dy, dx),
    "one_axis": lambda image, dx, dy: by_scipy(image, dx, 0),
}


def moved(image, dx, dy):
    return by_slices(image, dx, dy)


def equivariance(f, image, dx, dy, margin, *, back=False, answer=True, cut=True, how=None):
    left, right = f(moved(image, dx, dy)), f(image)
    if answer:
        right = moved(right, -dx, -dy) if back else moved(right, dx, dy)
    H, W = image.shape
    gaps = []
    for r in range(H):
        for c in range(W):
            if not cut or (margin <= r < H - margin and margin <= c < W - margin):
                gaps.append(float(left[r, c] - right[r, c]))
    gaps = torch.tensor(gaps, dtype=torch.float64)
    return how(gaps) if how else gaps.abs().max()


def equivariance_with(**options):
    return lambda f, image, dx, dy, margin: equivariance(f, image, dx, dy, margin, **options)


EQUIVARIANCES = {
    "invariance": equivariance_with(answer=False),
    "border_forgotten": equivariance_with(cut=False),
    "shifted_back": equivariance_with(back=True),
    "not_absolute": equivariance_with(how=lambda g: g.max()),
    "mean_or_sum": equivariance_with(how=lambda g: g.abs().mean()),
}


def tally(model, images, labels, change, hit):
    """Counts image by image."""
    count = 0
    for image, label in zip(images, labels, strict=True):
        before, after = model(image[None])[0], model(change(image[None]))[0]
        count += bool(hit(before, after, int(label)))
    return count / len(images)


def share(hit):
    return lambda model, images, labels, change: tally(model, images, labels, change, hit)


def best(scores):
    return max(range(len(scores)), key=lambda k: float(scores[k]))


ACCURACIES = {
    "change_forgotten": share(lambda b, a, y: best(b) == y),
    "error": share(lambda b, a, y: best(a) != y),
    "percent": lambda *args: 100 * share(lambda b, a, y: best(a) == y)(*args),
    "count": lambda m, x, y, c: len(x) * share(lambda b, a, y: best(a) == y)(m, x, y, c),
    "compares_with_prediction": share(lambda b, a, y: best(a) == best(b)),
    "both": share(lambda b, a, y: best(a) == best(b) == y),
}
CONSISTENCIES = {
    "compares_with_label": share(lambda b, a, y: best(a) == y),
    "stays_correct": share(lambda b, a, y: best(a) == best(b) == y),
    "equally_correct": share(lambda b, a, y: (best(a) == y) == (best(b) == y)),
    "changes": share(lambda b, a, y: best(a) != best(b)),
    "compares_logits": share(lambda b, a, y: torch.equal(a, b)),
    "percent": lambda *args: 100 * share(lambda b, a, y: best(a) == best(b))(*args),
}


ANSWERS = {
    "shift": Answers(
        correct=(by_scipy, by_slices), mistaken=SHIFTS, unexplained=(negative_index, lambda image, dx, dy: image)
    ),
    "equivariance_error": Answers(
        correct=(equivariance,), mistaken=EQUIVARIANCES, unexplained=(lambda *a: 1.0, lambda *a: -1.0)
    ),
    "accuracy_under": Answers(
        correct=(share(lambda b, a, y: best(a) == y),), mistaken=ACCURACIES, unexplained=(lambda *a: 0.5,)
    ),
    "consistency": Answers(
        correct=(share(lambda b, a, y: best(a) == best(b)),), mistaken=CONSISTENCIES, unexplained=(lambda *a: 0.5,)
    ),
}
