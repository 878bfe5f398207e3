"""What the checks of chapter 5 do beyond naming mistakes."""

import math
import time

import pytest

from stn_lib.exercises import ch05_sampling as check
from tests.exercises.ch05_sampling import ANSWERS, in_pixels, shrink_loops, unguarded, warp_with


def test_two_mistakes_at_once_are_named_by_the_one_inside_the_image():
    def crossed_and_unguarded(image, x, y):
        x0, y0 = math.floor(x), math.floor(y)
        u, v = x - x0, y - y0
        return (
            u * v * image[y0, x0]
            + (1 - u) * v * image[y0, x0 + 1]
            + u * (1 - v) * image[y0 + 1, x0]
            + (1 - u) * (1 - v) * image[y0 + 1, x0 + 1]
        )

    result = check.bilinear(crossed_and_unguarded)
    assert result.misconception == "weights_crossed"
    assert result.sentence.startswith("Inside the image: ")
    assert result.case.is_core


def test_a_transposed_answer_gets_a_hint():
    warped = check.warp(
        lambda image, theta, out_size, align_corners=False: warp_with(image, theta, out_size, align_corners).T
    )
    shrunk = check.shrink(lambda image, factor: shrink_loops(image, factor).T)
    for result in (warped, shrunk):
        assert not result.passed
        assert "Rows and columns are exchanged" in repr(result)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("bilinear", unguarded),
        ("bilinear", ANSWERS["bilinear"].correct[1]),
        ("nearest", ANSWERS["nearest"].mistaken["last_row_lost"]),
        ("bilinear_gradient", ANSWERS["bilinear_gradient"].correct[1]),
        ("bilinear_gradient", ANSWERS["bilinear_gradient"].mistaken["equation_literal"]),
        ("warp", warp_with),
        ("warp", in_pixels),
        ("warp", ANSWERS["warp"].mistaken["rounded"]),
    ],
)
def test_a_check_takes_less_than_a_second_of_the_processor(name, function):
    start = time.process_time()
    getattr(check, name)(function)
    assert time.process_time() - start < 1
