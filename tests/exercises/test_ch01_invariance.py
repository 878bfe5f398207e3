"""What the checks of chapter 1 do beyond naming mistakes."""

from stn_lib.exercises import ch01_invariance as check


def test_a_result_shows_a_function_by_its_name():
    result = check.equivariance_error(lambda *a: -1.0)
    text = repr(result) + result._repr_html_()
    assert "0x" not in text and ("a convolution of" in text or "x times" in text or "every second" in text)
    assert "a network with" in repr(check.accuracy_under(lambda *a: -1.0))
