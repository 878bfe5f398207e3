"""Read the photographs of an archive that may be damaged or hostile."""

import os
from pathlib import Path

import numpy as np

LONGEST_SIDE = 4096  # pixels; the photographs of the course's data sets have less than half of it


def size_of(path: str | os.PathLike, kind: str) -> tuple[int, int]:
    """Read width and height of a photograph, without its pixels.

    Args:
        path: of the file.
        kind: its format, ``"PNG"`` or ``"JPEG"``.

    Raises:
        ValueError: if there is no such file, or one of another format, or one with a longer side than any photograph has.

    Chapter: 10
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"expected {path.name} beside its labels, got none: the archive is incomplete")
    with _opened(path, kind) as image:
        if max(image.size) > LONGEST_SIDE:
            width, height = image.size
            raise ValueError(
                f"expected {path.name} to have at most {LONGEST_SIDE} pixels a side, got {width} x {height}"
            )
        return image.size


def crop(path: str | os.PathLike, kind: str, box: tuple[float, float, float, float], size: int) -> np.ndarray:
    """Resize a part of a photograph to a square, antialiased.

    Args:
        path: of the file.
        kind: its format, ``"PNG"`` or ``"JPEG"``.
        box: left, top, right and bottom edge of the part in pixels, inside the photograph.
        size: side of the square in pixels.

    Returns:
        (3, size, size) bytes, red, green and blue.

    Raises:
        ValueError: for a file that is damaged or of another format.

    Chapter: 10
    """
    path = Path(path)
    with _opened(path, kind) as image:
        try:
            # PIL weights all pixels of the box where it shrinks.
            small = image.convert("RGB").resize((size, size), 2, box)
        except Exception as error:  # a damaged file makes PIL raise many kinds of errors
            raise ValueError(f"expected a whole {kind} in {path.name}, got a damaged one ({error!r})") from error
    return np.asarray(small).transpose(2, 0, 1)


def _opened(path: Path, kind: str):
    from PIL import Image  # imported here: only what reads photographs needs it

    try:
        return Image.open(path, formats=(kind,))  # no other format of a hostile file is parsed
    except Exception as error:
        raise ValueError(f"expected a {kind} in {path.name}, got another file ({error!r})") from error
