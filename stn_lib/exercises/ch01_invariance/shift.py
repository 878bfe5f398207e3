"""Check `shift(image, dx, dy)`: shift an image by whole pixels; zeros enter.

Convention: a positive dx moves the content to the right, a positive dy down.

Args: image: float64 (H, W); dx, dy: integers.
Returns: The shifted image, float64 (H, W).

Example:
    >>> shift(lambda image, dx, dy: image.roll((dy, dx), (0, 1))).misconception
    'wraps_round'
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -2), (2, 1), (-1, 2), (1, -1), (-2, -1), (0, 0)):
        cases.append(Case({"image": random_image(generator, random_size(generator, 3, 6)), "dx": dx, "dy": dy}))
    for dx, dy in ((7, 0), (0, -7), (-9, 8)):  # all of it leaves
        image = random_image(generator, random_size(generator, 2, 5))
        cases.append(Case({"image": image, "dx": dx, "dy": dy}, is_core=False))
    for x, y in ((1, 0), (0, -1), (-1, 1)):  # one pixel further than needed for this
        image = random_image(generator, random_size(generator, 4, 6))
        dx, dy = x * (image.shape[1] + 1), y * (image.shape[0] + 1)
        cases.append(Case({"image": image, "dx": dx, "dy": dy}, is_core=False))
    return cases


def shift_by_index(image: Tensor, dx: int, dy: int) -> Tensor:
    """The oracle, which exercise 1.2 uses as well."""
    height, width = image.shape
    rows, columns = torch.arange(height) - dy, torch.arange(width) - dx
    known = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    return torch.where(known, image[rows.clamp(0, height - 1)][:, columns.clamp(0, width - 1)], 0.0)


def _edge_repeated(image: Tensor, dx: int, dy: int) -> Tensor:
    rows = (torch.arange(image.shape[0]) - dy).clamp(0, image.shape[0] - 1)
    columns = (torch.arange(image.shape[1]) - dx).clamp(0, image.shape[1] - 1)
    return image[rows][:, columns]


def _mirrored(image: Tensor, dx: int, dy: int, *, repeat: bool) -> Tensor:
    """Mirror at the edges; with `repeat` the outermost pixel comes twice."""

    def index(size: int, by: int) -> Tensor:
        period = 2 * size if repeat else max(2 * size - 2, 1)
        folded = (torch.arange(size) - by) % period
        return torch.minimum(folded, period - folded - int(repeat))

    return image[index(image.shape[0], dy)][:, index(image.shape[1], dx)]


def _overlap(image: Tensor, dx: int, dy: int) -> Tensor:
    height, width = image.shape
    return image[max(0, -dy) : max(height - dy, 0), max(0, -dx) : max(width - dx, 0)]


def _guarded(image: Tensor, dx: int, dy: int, low: int, high: int, *, swap: bool = False) -> Tensor:
    """Copy where low <= index < size - high; with `swap` rows are compared with the width, columns with the height."""
    height, width = image.shape
    limits = (width, height) if swap else (height, width)
    moved = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            r, c = row - dy, column - dx
            if low <= r < limits[0] - high and low <= c < limits[1] - high and r < height and c < width:
                moved[row, column] = image[r, c]
    return moved


def _by_slot(image: Tensor, dx: int, dy: int, *, guarded: bool) -> Tensor:
    """Index without a lower bound: Python counts negative indices from the end."""
    height, width = image.shape
    rows, columns = torch.arange(height) - dy, torch.arange(width) - dx
    if guarded:  # whatever cannot be indexed stays 0
        known = ((rows >= -height) & (rows < height))[:, None] & ((columns >= -width) & (columns < width))
        return torch.where(known, image[rows % height][:, columns % width], 0.0)
    if max(rows.max() - height, columns.max() - width) >= 0 or min(rows.min() + height, columns.min() + width) < 0:
        raise IndexError
    return image[rows % height][:, columns % width]


def _zeros_on_one_side(image: Tensor, dx: int, dy: int) -> Tensor:
    rolled = image.roll((dy, dx), (0, 1))
    rolled[: max(dy, 0)] = 0
    rolled[:, : max(dx, 0)] = 0
    return rolled


def _sliced(image: Tensor, dx: int, dy: int) -> Tensor:
    """Slices that fit only if dx and dy are not negative."""
    moved, (height, width) = torch.zeros_like(image), image.shape
    moved[dy:, dx:] = image[: height - dy, : width - dx]
    return moved


def _sliced_by_sign(image: Tensor, dx: int, dy: int) -> Tensor:
    """Slices that fit only if dx and dy are smaller than the image."""
    moved, (height, width) = torch.zeros_like(image), image.shape
    rows = slice(max(dy, 0), height + min(dy, 0)), slice(max(-dy, 0), height - max(dy, 0))
    columns = slice(max(dx, 0), width + min(dx, 0)), slice(max(-dx, 0), width - max(dx, 0))
    moved[rows[0], columns[0]] = image[rows[1], columns[1]]
    return moved


def _in_place(image: Tensor, dx: int, dy: int) -> Tensor:
    """Write into the image while it is still being read, row by row."""
    image = image.clone()
    height, width = image.shape
    for row in range(height):
        for column in range(width):
            r, c = row - dy, column - dx
            image[row, column] = image[r, c] if 0 <= r < height and 0 <= c < width else 0.0
    return image


shift = exercise(
    __name__,
    number="1.1",
    cases=_cases,
    oracle=shift_by_index,
    oracle_name="index arithmetic",
    misconceptions={
        "wraps_round": Misconception(
            "Pixels that leave on one side enter on the other, as with `torch.roll`. Here zeros enter.",
            lambda image, dx, dy: image.roll((dy, dx), (0, 1)),
            lambda image, dx, dy: image.roll(dy * image.shape[1] + dx),
        ),
        "negative_index": Misconception(
            "You use negative indices, and Python counts those from the end: pixels of the opposite side enter. Copy a pixel "
            "only if 0 ≤ index < size on both axes.",
            lambda image, dx, dy: _by_slot(image, dx, dy, guarded=True),
            lambda image, dx, dy: _by_slot(image, dx, dy, guarded=False),
        ),
        "zeros_on_one_side": Misconception(
            "Zeros enter only for positive dx and dy; for negative ones the pixels of the opposite side enter. Zeros enter on "
            "the right or at the bottom, too.",
            _zeros_on_one_side,
        ),
        "edge_repeated": Misconception(
            "You repeat or mirror pixels at the edge. Here zeros enter.",
            _edge_repeated,
            lambda image, dx, dy: _mirrored(image, dx, dy, repeat=True),
            lambda image, dx, dy: _mirrored(image, dx, dy, repeat=False),
        ),
        "other_fill": Misconception(
            "The pixels that enter have another value than 0. Start with `torch.zeros_like(image)`.",
            lambda image, dx, dy: shift_by_index(image - 1, dx, dy) + 1,
            lambda image, dx, dy: shift_by_index(image - image.mean(), dx, dy) + image.mean(),
            lambda image, dx, dy: torch.where(
                shift_by_index(torch.ones_like(image), dx, dy) > 0, shift_by_index(image, dx, dy), image
            ),
        ),
        "height_and_width_exchanged": Misconception(
            "You compare row numbers with the width, or column numbers with the height. An image has the shape (H, W).",
            lambda image, dx, dy: _guarded(image, dx, dy, 0, 0, swap=True),
        ),
        "edge_lost": Misconception(
            "The first or the last row and column of the image are lost: your comparison is off by one. Copy if 0 ≤ index < size.",
            *(lambda image, dx, dy, ends=ends: _guarded(image, dx, dy, *ends) for ends in ((1, 0), (0, 1), (1, 1))),
        ),
        "sign_ignored": Misconception(
            "You ignore the sign of dx and dy. Negative numbers move the image to the left or up.",
            lambda image, dx, dy: shift_by_index(image, abs(dx), abs(dy)),
        ),
        "twice": Misconception(
            "Your image moves twice as far. Shift it by dx and dy once.",
            lambda image, dx, dy: shift_by_index(image, 2 * dx, 2 * dy),
        ),
        "smaller": Misconception(
            "You return only the part that stays inside. Put it into an image of zeros that has the shape of the input.",
            _overlap,
        ),
        "sign": Misconception(
            "Your image moves the other way. A positive dx moves it to the right: pixel (x, y) of the answer is pixel "
            "(x − dx, y − dy) of the image.",
            lambda image, dx, dy: shift_by_index(image, -dx, -dy),
            lambda image, dx, dy: image.roll((-dy, -dx), (0, 1)),
        ),
        "y_up": Misconception(
            "Along one axis your image moves the other way. A positive dx moves it to the right, a positive dy DOWN, because "
            "row numbers grow downwards.",
            lambda image, dx, dy: shift_by_index(image, dx, -dy),
            lambda image, dx, dy: shift_by_index(image, -dx, dy),
            lambda image, dx, dy: image.roll((-dy, dx), (0, 1)),
        ),
        "dx_dy_swapped": Misconception(
            "You exchanged dx and dy. dx moves along a row, which is the SECOND index of `image[row, column]`.",
            lambda image, dx, dy: shift_by_index(image, dy, dx),
            lambda image, dx, dy: image.roll((dx, dy), (0, 1)),
            lambda image, dx, dy: shift_by_index(image, -dy, -dx),
        ),
        "one_axis": Misconception(
            "Only one of dx and dy has an effect. Shift along both axes.",
            lambda image, dx, dy: shift_by_index(image, dx, 0),
            lambda image, dx, dy: shift_by_index(image, 0, dy),
        ),
        "in_place": Misconception(
            "You write into the image that you still copy from, so new values are copied again. Write into a new tensor, "
            "`torch.zeros_like(image)`.",
            _in_place,
        ),
        "not_shifted": Misconception(
            "Your answer is the image itself. Copy each pixel to its new position in a new tensor.",
            lambda image, dx, dy: image,
        ),
        "one_number_for_both": Misconception(
            "You use one of dx and dy for both axes. dx moves the image to the right, dy moves it down.",
            lambda image, dx, dy: shift_by_index(image, dx, dx),
            lambda image, dx, dy: shift_by_index(image, dy, dy),
        ),
        "wraps_on_one_axis": Misconception(
            "Along one axis, pixels that leave on one side enter on the other, as with `torch.roll`. Zeros enter along both axes.",
            lambda image, dx, dy: shift_by_index(image.roll(dx, 1), 0, dy),
            lambda image, dx, dy: shift_by_index(image.roll(dy, 0), dx, 0),
        ),
        "slices_do_not_fit": Misconception(
            "The two slices differ in size: a negative start or end counts from the other side. Keep each between 0 and the size, for "
            "negative shifts and for shifts larger than the image.",
            _sliced,
            _sliced_by_sign,
        ),
        "padding_kept": Misconception(
            "You return the image with its padding. Cut off what leaves: the answer has the shape of the input.",
            lambda image, dx, dy: F.pad(image, (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0))),
        ),
        "modulo": Misconception(
            "You shift by the rest of a division by the size. A shift larger than the image leaves nothing of it: all is 0.",
            lambda image, dx, dy: shift_by_index(
                image, int(math.fmod(dx, image.shape[1])), int(math.fmod(dy, image.shape[0]))
            ),
            lambda image, dx, dy: shift_by_index(image, dx % image.shape[1], dy % image.shape[0]),
        ),
    },
    core_name="Where part of the image stays inside",
)
