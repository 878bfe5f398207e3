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


def sliced(image, dx, dy):
    """For shifts to the right and down."""
    out = image.new_zeros(image.shape)
    out[dy:, dx:] = image[: len(image) - dy, : len(image[0]) - dx]
    return out


def sliced_by_sign(image, dx, dy):
    """For shifts that are smaller than the image."""
    H, W = image.shape
    out = image.new_zeros(H, W)
    rows = (slice(dy, H), slice(0, H - dy)) if dy >= 0 else (slice(0, H + dy), slice(-dy, H))
    columns = (slice(dx, W), slice(0, W - dx)) if dx >= 0 else (slice(0, W + dx), slice(-dx, W))
    out[rows[0], columns[0]] = image[rows[1], columns[1]]
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


def unguarded(image, dx, dy):
    H, W = image.shape
    out = torch.zeros_like(image)
    for r in range(H):
        for c in range(W):
            out[r, c] = image[r - dy, c - dx]
    return out


def cleared_for_positive(image, dx, dy):
    out = torch.roll(torch.roll(image, dy, 0), dx, 1)
    if dy > 0:
        out[:dy, :] = 0
    if dx > 0:
        out[:, :dx] = 0
    return out


def smeared(image, dx, dy):
    H, W = image.shape
    for k in range(H * W):
        y, x = k // W - dy, k % W - dx
        image[k // W, k % W] = image[y, x] if y in range(H) and x in range(W) else 0
    return image


def wrong_limits(image, dx, dy, rows, columns):
    out = np.zeros(image.shape)
    for r, c in np.ndindex(*image.shape):
        if 0 <= r - dy < min(rows, len(out)) and 0 <= c - dx < min(columns, len(out[0])):
            out[r, c] = image[r - dy, c - dx]
    return out


def clamped(image, dx, dy):
    padded = np.pad(image.numpy(), ((9, 9), (9, 9)), mode="edge")
    H, W = image.shape
    return torch.from_numpy(padded[9 - dy : 9 - dy + H, 9 - dx : 9 - dx + W].copy())


SHIFTS = {
    "one_number_for_both": lambda image, dx, dy: by_slices(image, dx, dx),
    "wraps_on_one_axis": lambda image, dx, dy: by_slices(torch.roll(image, dx, dims=1), 0, dy),
    "wraps_round": wrapped,
    "edge_repeated": (
        clamped,
        lambda image, dx, dy: ndimage.shift(image.numpy(), (dy, dx), order=0, mode="reflect"),
        lambda image, dx, dy: ndimage.shift(image.numpy(), (dy, dx), order=0, mode="mirror"),
    ),
    "negative_index": (negative_index, unguarded),
    "zeros_on_one_side": cleared_for_positive,
    "sign": lambda image, dx, dy: by_scipy(image, -dx, -dy),
    "y_up": (lambda image, dx, dy: by_scipy(image, dx, -dy), lambda image, dx, dy: by_slices(image, -dx, dy)),
    "dx_dy_swapped": lambda image, dx, dy: by_scipy(image, dy, dx),
    "one_axis": lambda image, dx, dy: by_scipy(image, dx, 0),
    "smaller": lambda image, dx, dy: image[
        max(-dy, 0) : max(image.shape[0] - dy, 0), max(-dx, 0) : max(image.shape[1] - dx, 0)
    ],
    "other_fill": lambda image, dx, dy: torch.from_numpy(
        ndimage.shift(image.numpy(), (dy, dx), order=0, cval=float(image.mean()))
    ),
    "height_and_width_exchanged": lambda image, dx, dy: wrong_limits(image, dx, dy, *image.shape[::-1]),
    "edge_lost": lambda image, dx, dy: wrong_limits(image, dx, dy, image.shape[0] - 1, image.shape[1] - 1),
    "sign_ignored": lambda image, dx, dy: by_slices(image, abs(dx), abs(dy)),
    "twice": lambda image, dx, dy: by_slices(image, dx + dx, dy + dy),
    "in_place": smeared,
    "not_shifted": lambda image, dx, dy: image.clone(),
    "modulo": lambda image, dx, dy: by_slices(image, dx % image.shape[1], dy % image.shape[0]),
    "slices_do_not_fit": (sliced, sliced_by_sign),
    "padding_kept": lambda image, dx, dy: torch.from_numpy(
        np.pad(image.numpy(), ((max(dy, 0), max(-dy, 0)), (max(dx, 0), max(-dx, 0))))
    ),
}


def moved(image, dx, dy):
    return by_slices(image, dx, dy)


def rolled(image, dx, dy):
    return torch.roll(torch.roll(image, dy, 0), dx, 1)


def equivariance(
    f, image, dx, dy, margin, *, back=False, answer=True, cut=True, how=None, first=True, swap=False, by=moved
):
    if swap:
        dx, dy = dy, dx
    left, right = f(by(image, dx, dy)) if first else f(image), f(image)
    if answer:
        right = by(right, -dx, -dy) if back else by(right, dx, dy)
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
    "magnitudes_subtracted": lambda f, x, dx, dy, m: (
        (abs(f(moved(x, dx, dy))) - abs(moved(f(x), dx, dy)))[m : len(x) - m, m : len(x[0]) - m].abs().max()
    ),
    "other_shift": (
        lambda f, x, dx, dy, m: equivariance(f, x, dx, -dy, m),
        lambda f, x, dx, dy, m: equivariance(f, x, dx, 0, m),
    ),
    "dx_dy_swapped": equivariance_with(swap=True),
    "input_not_shifted": equivariance_with(first=False),
    "circular": (
        equivariance_with(by=rolled),
        lambda f, x, dx, dy, m: (
            (f(moved(x, dx, dy)) - rolled(f(x), dx, dy))[m : len(x) - m, m : len(x[0]) - m].abs().max()
        ),
    ),
    "one_sided_margin": lambda f, x, dx, dy, m: (f(moved(x, dx, dy)) - moved(f(x), dx, dy))[m:, m:].abs().amax(),
    "compares_with_image": lambda f, x, dx, dy, m: (
        (f(moved(x, dx, dy)) - moved(x, dx, dy))[m : len(x) - m, m : len(x[0]) - m].abs().max()
    ),
    "undone": lambda f, x, dx, dy, m: (
        (moved(f(moved(x, dx, dy)), -dx, -dy) - f(x))[m : len(x) - m, m : len(x[0]) - m].abs().max()
    ),
    "relative": lambda f, x, dx, dy, m: (
        equivariance(f, x, dx, dy, m) / f(x)[m : len(x) - m, m : len(x[0]) - m].abs().max()
    ),
    "not_reduced": lambda f, x, dx, dy, m: abs(f(moved(x, dx, dy)) - moved(f(x), dx, dy))[
        m : len(x) - m, m : len(x[0]) - m
    ],
    "margin_off_by_one": lambda f, x, dx, dy, m: equivariance(f, x, dx, dy, m + 1),
    "cropped_first": lambda f, x, dx, dy, m: equivariance(
        f, x[m : len(x) - m, m : len(x[0]) - m], dx, dy, 0, cut=False
    ),
    "not_absolute": equivariance_with(how=lambda g: g.max()),
    "applied_twice": lambda f, x, dx, dy, m: equivariance(lambda image: f(f(image)), x, dx, dy, m),
    "squared": equivariance_with(how=lambda g: (g**2).max()),
    "mean_or_sum": (
        equivariance_with(how=lambda g: g.abs().mean()),
        equivariance_with(how=lambda g: min(abs(g))),
        equivariance_with(how=lambda g: int((g != 0).sum())),
    ),
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
    "one_image_changed": lambda m, x, y, c: (
        ((best(m(c(x[:1]))[0]) == y[0]).double() + (m(x[1:]).argmax(1) == y[1:]).sum()) / len(x)
    ),
    "top_two": share(lambda b, a, y: sum(a > a[y]) < 2),
    "changed_twice": lambda m, x, y, c: (m(c(c(x))).argmax(1) == y).float().mean(),
    "one_image": lambda m, x, y, c: float(m(c(x))[0].argmax() == y[0]),
    "change_forgotten": share(lambda b, a, y: best(b) == y),
    "error": share(lambda b, a, y: best(a) != y),
    "percent": lambda m, x, y, c: 100 * (m(c(x)).argmax(1) == y).float().mean(),
    "count": lambda m, x, y, c: len(x) * share(lambda b, a, y: best(a) == y)(m, x, y, c),
    "compares_with_prediction": share(lambda b, a, y: best(a) == best(b)),
    "both": share(lambda b, a, y: best(a) == best(b) == y),
    "drop": lambda *args: share(lambda b, a, y: best(b) == y)(*args) - share(lambda b, a, y: best(a) == y)(*args),
    "not_averaged": lambda m, x, y, c: [float(best(row) == k) for row, k in zip(m(c(x)), y, strict=True)],
    "rounded": lambda *args: round(share(lambda b, a, y: best(a) == y)(*args)),
    "smallest": share(lambda b, a, y: best(-a) == y),
    "mean_probability": lambda m, x, y, c: (
        sum(torch.softmax(row, 0)[k].item() for row, k in zip(m(c(x)), y, strict=True)) / len(y)
    ),
    "always_zero": (
        lambda m, x, y, c: (m(c(x)).max(1).values == y).float().mean(),
        lambda m, x, y, c: (m(c(x)).argmax(1) == y).sum() // (len(x) + 1),
    ),
}
CONSISTENCIES = {
    "all_or_nothing": (
        lambda m, x, y, c: torch.equal(m(x).argmax(1), m(c(x)).argmax(1)),
        lambda m, x, y, c: (m(x).argmax(1) == m(c(x)).argmax(1)).sum().item() // len(x),
    ),
    "wrong_axis": lambda m, x, y, c: (m(x).max(0).indices == m(c(x)).max(0).indices).float().mean(),
    "correct_or_kept": share(lambda b, a, y: best(b) in (y, best(a))),
    "compares_with_label": share(lambda b, a, y: best(a) == y),
    "stays_correct": share(lambda b, a, y: best(a) == best(b) == y),
    "equally_correct": share(lambda b, a, y: (best(a) == y) == (best(b) == y)),
    "changes": share(lambda b, a, y: best(a) != best(b)),
    "compares_logits": share(lambda b, a, y: torch.equal(a, b)),
    "percent": lambda m, x, y, c: 100 * (m(x).argmax(1) == m(c(x)).argmax(1)).float().mean(),
    "among_correct": lambda m, x, y, c: (
        len([k for k in range(len(x)) if m(x)[k].argmax() == m(c(x))[k].argmax() == y[k]])
        / (m(x).argmax(1) == y).sum().item()
    ),
    "count": lambda m, x, y, c: int((m(x).argmax(1) == m(c(x)).argmax(1)).sum()),
    "not_averaged": lambda m, x, y, c: m(x).argmax(1) == m(c(x)).argmax(1),
    "probabilities": lambda m, x, y, c: (torch.softmax(m(x), 1) * torch.softmax(m(c(x)), 1)).sum() / len(x),
    "changed_twice": lambda m, x, y, c: (m(c(c(x))).argmax(1) == m(c(x)).argmax(1)).double().mean(),
    "same_image_twice": lambda m, x, y, c: (m(c(x)).argmax(1) == m(c(x)).argmax(1)).float().mean(),
    "accuracies_compared": lambda m, x, y, c: (
        (m(c(x)).argmax(1) == y).float().mean() / (m(x).argmax(1) == y).float().mean()
    ),
}


ANSWERS = {
    "shift": Answers(
        correct=(by_scipy, by_slices),
        mistaken=SHIFTS,
        unexplained=(lambda image, dx, dy: image * 0, lambda image, dx, dy: 2 * by_slices(image, dx, dy)),
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
