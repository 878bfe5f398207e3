"""Find what all wrong answers have in common, if no misconception explains them."""

import torch
from torch import Tensor

#: At most this many numbers are listed as the wrong ones.
_MAX_PLACES = 3

#: What the answers have in common, as a sentence.
WORDS = {
    "core_correct": "{core_name}, all your answers are correct: only the other cases fail.",
    "always": "Your answer is {value} in every case: does it depend on the inputs?",
    "constant": "Your answer is the same in every case: does it depend on the inputs?",
    "sign": "Every number has the wrong sign, and is correct otherwise.",
    "factor": "In every case, your numbers are {factor} times the correct ones.",
    "offset": "In every case, each of your numbers is {offset} too {direction}.",
    "reversed": "In every case, your numbers are correct, but in reverse order.",
    "transposed": "In every case, your numbers are correct, but rows and columns are exchanged.",
    "places": "In every case only this is wrong: {places}.",
    "number": "number {index}",
    "row_column": "row {row}, column {column}",
}


def pattern(
    expected: list[Tensor], actual: list[Tensor], is_core: list[bool], tolerance: float, core_name: str = ""
) -> str:
    """Describe what wrong answers have in common.

    Args:
        expected: The correct answer of each case.
        actual: The learner's answers, of the same shapes.
        is_core: Whether a case is a core case.
        tolerance: Largest difference of equal numbers.
        core_name: What the core cases have in common.

    Returns:
        A sentence; empty if there is no common pattern.

    Example:
        >>> numbers = [torch.tensor(value) for value in (0.25, 0.5, 0.75)]
        >>> pattern(numbers, [100 * value for value in numbers], [True] * 3, 1e-4)
        'In every case, your numbers are 100 times the correct ones.'
    """
    pairs = [(e.double(), a.double()) for e, a in zip(expected, actual, strict=True)]
    wrong = [not _is_near(a, e, tolerance) for e, a in pairs]
    if core_name and any(is_core) and not any(w and core for w, core in zip(wrong, is_core, strict=True)):
        return WORDS["core_correct"].format(core_name=core_name)
    if sum(wrong) < 3:
        return ""
    return _constant(pairs, tolerance) or _scaled(pairs, tolerance) or _moved(pairs, tolerance)


def _is_near(a: Tensor, b: Tensor, tolerance: float) -> bool:
    return a.shape == b.shape and bool(((a - b).abs() <= tolerance).all())


def _constant(pairs: list[tuple[Tensor, Tensor]], tolerance: float) -> str:
    first = pairs[0][1]
    varies = any(not _is_near(e, pairs[0][0], tolerance) for e, _ in pairs)
    if not varies or not all(_is_near(a, first, 1e-9) for _, a in pairs):
        return ""
    return WORDS["always"].format(value=f"{float(first):.4g}") if first.ndim == 0 else WORDS["constant"]


def _scaled(pairs: list[tuple[Tensor, Tensor]], tolerance: float) -> str:
    """A common factor or a common offset of all numbers."""
    right = torch.cat([e.flatten() for e, _ in pairs])
    mine = torch.cat([a.flatten() for _, a in pairs])
    if len(right.unique()) < 3:
        return ""
    factor = float(mine @ right / right.square().sum())
    if abs(factor) > 1e-3 and _is_near(mine, factor * right, tolerance * max(1.0, abs(factor))):
        shown = f"{factor:.4g}".replace("-", "−")
        return WORDS["sign"] if shown == "−1" else WORDS["factor"].format(factor=shown)
    offset = float((mine - right).mean())
    if _is_near(mine, right + offset, tolerance):
        return WORDS["offset"].format(offset=f"{abs(offset):.4g}", direction="large" if offset > 0 else "small")
    return ""


def _moved(pairs: list[tuple[Tensor, Tensor]], tolerance: float) -> str:
    """Numbers in the wrong order, or a few wrong numbers at the same places in every case."""
    shape = pairs[0][0].shape
    if any(e.shape != shape for e, _ in pairs) or len(shape) not in (1, 2) or pairs[0][0].numel() < 2:
        return ""
    if len(shape) == 1 and all(_is_near(a, e.flip(0), tolerance) for e, a in pairs):
        return WORDS["reversed"]
    if len(shape) == 2 and all(_is_near(a, e.mT, tolerance) for e, a in pairs):
        return WORDS["transposed"]
    wrong = torch.stack([(a - e).abs() > tolerance for e, a in pairs])
    places = wrong.any(0).nonzero().tolist()
    if len(places) > _MAX_PLACES or len(places) == pairs[0][0].numel():
        return ""
    if len(shape) == 1:
        named = [WORDS["number"].format(index=k + 1) for (k,) in places]
    else:
        named = [WORDS["row_column"].format(row=i, column=j) for i, j in places]
    return WORDS["places"].format(places=", ".join(named) if len(shape) == 1 else "; ".join(named))
