"""Which precision is fast on a machine."""

import platform
from pathlib import Path

import pytest
import torch

from stn_lib.training.precision import fast_precision


def test_the_processor_s_own_list_of_instructions_decides():
    """Oracle: what Linux says of the processor."""
    if platform.system() != "Linux" or platform.machine() != "x86_64" or not hasattr(torch.cpu, "get_capabilities"):
        pytest.skip("needs Linux on x86, and torch 2.9")
    flags = set(Path("/proc/cpuinfo").read_text().split())
    assert fast_precision() == ("bfloat16" if {"avx512_bf16", "amx_bf16"} & flags else "float32")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"avx2": True}, "float32"),
        ({"avx512_f": True, "avx512_bf16": False}, "float32"),
        ({"avx512_f": True, "avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True}, "bfloat16"),
        ({"neon": True, "bf16": True}, "bfloat16"),
    ],
)
def test_other_processors(monkeypatch, known, expected):
    """Oracle: Intel's and Arm's names of the instructions, by hand."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert fast_precision() == expected


def test_a_torch_that_cannot_tell_and_a_missing_device(monkeypatch):
    """Oracle: by hand: single precision is slow nowhere."""
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert fast_precision("cpu") == "float32"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="expected device 'cuda' on this machine"):
        fast_precision("cuda")
