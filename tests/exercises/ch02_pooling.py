"""Functions as learners write them in chapter 2: correct, mistaken, and neither."""

import numpy as np
import torch
from scipy import ndimage

from stn_lib.pooling import BlurPool2d, MaxBlurPool2d, PolyphasePool2d
from tests.exercises.answers import Answers


def kernel(taps):
    K = len(taps)
    out = torch.zeros(K, K, dtype=taps.dtype)
    for i in range(K):
        for j in range(K):
            out[i, j] = taps[i] * taps[j]
    return out


def diagonal(taps):
    out = torch.zeros(len(taps), len(taps), dtype=taps.dtype)
    for i in range(len(taps)):
        out[i, i] = taps[i] / taps.sum()
    return out


KERNELS = {
    "dot_product": lambda taps: sum(t * t for t in taps) / sum(taps) ** 2,
    "flat": lambda taps: torch.kron(taps, taps) / taps.sum() ** 2,
    "one_dimension": lambda taps: taps / sum(taps),
    "divided_by_count": lambda taps: kernel(taps) / kernel(taps).numel(),
    "rows_normalised": lambda taps: torch.stack([row / row.sum() for row in kernel(taps)]),
    "softmax": lambda taps: kernel(torch.exp(taps) / torch.exp(taps).sum()),
    "flipped": lambda taps: torch.rot90(kernel(taps) / kernel(taps).sum(), 2),
    "not_normalised": kernel,
    "normalised_once": lambda taps: kernel(taps) / taps.sum(),
    "largest_is_one": lambda taps: kernel(taps) / kernel(taps).max(),
    "unit_norm": lambda taps: kernel(taps) / kernel(taps).norm(),
    "not_separable": lambda taps: sum([taps.view(-1, 1), taps.view(1, -1)]) / (2 * len(taps) * taps.sum()),
    "one_axis": diagonal,
}


def by_scipy(image, taps, stride, *, mode="mirror", start=0, axes=(0, 1), left=False, scale=1.0):
    """Blur with scipy, which centres an even kernel half a pixel to the other side."""
    out, weights = image.numpy(), taps.numpy() / taps.sum().item()
    even = len(taps) % 2 == 0
    for axis in axes:
        out = ndimage.correlate1d(out, weights, axis, mode=mode, origin=-1 if even and not left else 0)
    return torch.from_numpy(np.ascontiguousarray(scale * out[start::stride, start::stride]))


def blur_with(**options):
    return lambda image, taps, stride: by_scipy(image, taps, stride, **options)


def convolved(padded, taps):
    """Every whole window of a padded image, weighted."""
    weights = (kernel(taps) / kernel(taps).sum()).numpy()
    windows = np.lib.stride_tricks.sliding_window_view(padded, weights.shape)
    return torch.from_numpy(np.einsum("rcij,ij->rc", windows, weights))


def reversed_(taps):
    return torch.tensor(taps.tolist()[::-1], dtype=taps.dtype)


BLURS = {
    "flipped": (
        lambda image, taps, stride: by_scipy(image, reversed_(taps), stride),
        lambda image, taps, stride: ndimage.convolve1d(
            ndimage.convolve1d(image.numpy(), taps.numpy() / taps.sum().item(), 0, mode="mirror"),
            taps.numpy() / taps.sum().item(),
            1,
            mode="mirror",
        )[::stride, ::stride],
    ),
    "zero_padding": blur_with(mode="constant"),
    "edge_repeated": blur_with(mode="nearest"),
    "outermost_pixel_repeated": blur_with(mode="reflect"),
    "no_padding": lambda image, taps, stride: by_scipy(image, taps, 1)[
        (len(taps) - 1) // 2 : image.shape[0] - len(taps) // 2, (len(taps) - 1) // 2 : image.shape[1] - len(taps) // 2
    ][::stride, ::stride],
    "blurred_twice": lambda image, taps, stride: by_scipy(by_scipy(image, taps, 1), taps, stride),
    "corner": lambda image, taps, stride: by_scipy(image, taps, 1)[
        : -(-image.shape[0] // stride), : -(-image.shape[1] // stride)
    ],
    "other_stride": (
        lambda image, taps, stride: by_scipy(image, taps, 2),
        lambda image, taps, stride: by_scipy(by_scipy(image, taps, stride), torch.ones(1), stride),
    ),
    "mean_of_blocks": lambda image, taps, stride: window(image, lambda v: sum(v) / len(v), stride, stride, stride),
    "stride_on_one_axis": lambda image, taps, stride: by_scipy(image, taps, 1)[:, ::stride],
    "wraps_round": blur_with(mode="wrap"),
    "not_normalised": lambda image, taps, stride: by_scipy(image, taps, stride) * taps.sum() ** 2,
    "blur_after_subsampling": lambda image, taps, stride: by_scipy(image[::stride, ::stride], taps, 1),
    "starts_late": blur_with(start=1),
    "blur_forgotten": lambda image, taps, stride: image[::stride].T[::stride].T,
    "stride_forgotten": lambda image, taps, stride: by_scipy(image, taps, 1),
    "one_axis": blur_with(axes=(1,)),
    "kernel_off_centre": (
        blur_with(left=True),
        lambda image, taps, stride: convolved(np.pad(image.numpy(), len(taps) // 2, mode="reflect"), taps)[
            ::stride, ::stride
        ],
    ),
}


def window(image, how=max, step=1, rows=2, columns=2):
    H, W = image.shape
    return torch.tensor(
        [
            [how(image[r : r + rows, c : c + columns].flatten().tolist()) for c in range(0, W - columns + 1, step)]
            for r in range(0, H - rows + 1, step)
        ],
        dtype=image.dtype,
    )


MAX_BLURS = {
    "flipped": lambda image, taps, stride: by_scipy(window(image), reversed_(taps), stride),
    "pool_then_blur": lambda image, taps, stride: by_scipy(window(image, step=stride), taps, 1),
    "blur_first": (
        lambda image, taps, stride: window(by_scipy(image, taps, 1), step=stride),
        lambda image, taps, stride: window(by_scipy(image, taps, stride)),
    ),
    "blur_forgotten": lambda image, taps, stride: window(image, step=stride),
    "max_forgotten": by_scipy,
    "circular_maximum": lambda image, taps, stride: by_scipy(
        window(torch.from_numpy(np.pad(image.numpy(), ((0, 1), (0, 1)), mode="wrap"))), taps, stride
    ),
    "padded_maximum": lambda image, taps, stride: by_scipy(
        window(torch.from_numpy(np.pad(image.numpy(), 1))), taps, stride
    ),
    "other_window": lambda image, taps, stride: by_scipy(window(image, rows=3, columns=3), taps, stride),
    "not_normalised": lambda image, taps, stride: by_scipy(window(image), taps, stride, scale=float(taps.sum()) ** 2),
    "stride_forgotten": lambda image, taps, stride: by_scipy(window(image), taps, 1),
    "starts_late": lambda image, taps, stride: by_scipy(window(image), taps, stride, start=1),
    "minimum": lambda image, taps, stride: by_scipy(window(image, min), taps, stride),
    "edge_repeated": lambda image, taps, stride: by_scipy(window(image), taps, stride, mode="nearest"),
    "mean_for_maximum": lambda image, taps, stride: by_scipy(window(image, lambda v: sum(v) / 4), taps, stride),
    "zero_padding": lambda image, taps, stride: by_scipy(window(image), taps, stride, mode="constant"),
    "one_axis": lambda image, taps, stride: by_scipy(window(image, rows=1), taps, stride),
    "other_stride": lambda image, taps, stride: by_scipy(window(image), taps, 2),
    "blurred_twice": lambda image, taps, stride: by_scipy(by_scipy(window(image), taps, 1), taps, stride),
    "blurred_along_one_axis": lambda image, taps, stride: by_scipy(window(image), taps, stride, axes=(0,)),
    "kernel_off_centre": lambda image, taps, stride: by_scipy(window(image), taps, stride, left=True),
    "magnitudes": lambda image, taps, stride: by_scipy(window(image, lambda v: max(map(abs, v))), taps, stride),
}


def window_of_two_by_two(image):
    return window(image, step=2)


def choose(score, phases=((0, 0), (0, 1), (1, 0), (1, 1))):
    def chosen(image):
        best, found = None, None
        for i, j in phases:
            part = [[float(image[r, c]) for c in range(j, image.shape[1], 2)] for r in range(i, image.shape[0], 2)]
            value = score([v for row in part for v in row])
            if best is None or value > best:
                best, found = value, part
        return torch.tensor(found, dtype=image.dtype)

    return chosen


def energy(values):
    return sum(v * v for v in values)


def rows_then_columns(image):
    rows = image[1::2] if (image[1::2] ** 2).sum() > (image[::2] ** 2).sum() else image[::2]
    even, odd = rows[:, ::2], rows[:, 1::2]
    return odd if (odd**2).sum() > (even**2).sum() else even


def block(image):
    H, W = image.shape
    return max(image.reshape(2, H // 2, 2, W // 2).permute(0, 2, 1, 3).flatten(0, 1), key=lambda b: b.norm())


def exchanged(image):
    """The strongest component by its indices, which are exchanged at the end."""
    norms = [[float(image[i::2, j::2].norm()) for j in (0, 1)] for i in (0, 1)]
    i, j = divmod(int(np.argmax(norms)), 2)
    return image[j::2, i::2]


CHOICES = {
    "one_axis_after_the_other": rows_then_columns,
    "variance": choose(lambda v: np.var(v)),
    "all_four": lambda image: [image[i::2, j::2].tolist() for i in (0, 1) for j in (0, 1)],
    "fixed_after_first": lambda image: max(image[::2], image[1::2], key=torch.norm)[:, ::2],
    "other_norm": lambda image: max(
        (image[i::2, j::2] for i in (0, 1) for j in (0, 1)), key=lambda part: np.linalg.norm(part.numpy(), 2)
    ),
    "index_or_norm": lambda image: max(float((image[i::2, j::2] ** 2).sum()) for i in (0, 1) for j in (0, 1)),
    "scaled": lambda image: torch.nn.functional.normalize(choose(energy)(image), dim=(0, 1)),
    "blocks": block,
    "combined": window_of_two_by_two,
    "always_first": choose(lambda v: 0.0),
    "largest_sum": choose(sum),
    "largest_value": choose(max),
    "weakest": choose(lambda v: -energy(v)),
    "sum_of_magnitudes": choose(lambda v: sum(map(abs, v))),
    "rows_only": (choose(energy, ((0, 0), (1, 0))), lambda image: max(image[::2], image[1::2], key=torch.norm)),
    "indices_exchanged": exchanged,
    "squared_returned": lambda image: choose(energy)(image) ** 2,
}


def blur_by_library(image, taps, stride):
    return BlurPool2d(taps.tolist(), stride)(image[None, None])[0, 0]


def max_blur_by_library(image, taps, stride):
    return MaxBlurPool2d(2, taps.tolist(), stride)(image[None, None])[0, 0]


ANSWERS = {
    "blur_kernel": Answers(
        correct=(lambda taps: kernel(taps) / kernel(taps).sum(),),
        mistaken=KERNELS,
        unexplained=(lambda taps: torch.ones(len(taps), len(taps)).double(),),
    ),
    "blur_pool": Answers(
        correct=(by_scipy, blur_by_library),
        mistaken=BLURS,
        unexplained=(lambda image, taps, stride: image[::stride, ::stride] / 2,),
    ),
    "max_blur_pool": Answers(
        correct=(lambda image, taps, stride: by_scipy(window(image), taps, stride), max_blur_by_library),
        mistaken=MAX_BLURS,
        unexplained=(lambda image, taps, stride: image.max(),),
    ),
    "polyphase": Answers(
        correct=(choose(energy), lambda image: PolyphasePool2d(size=1)(image[None, None])[0, 0]),
        mistaken=CHOICES,
        unexplained=(lambda image: image[::2, ::2] * 0,),
    ),
}
