"""The precision that a run computes with, on processors with and without bfloat16."""

import platform
from pathlib import Path

import pytest
import torch
from torch import nn

from stn_lib.training import FitConfig
from stn_lib.training.fit import OutOfTime, fit
from stn_lib.training.precision import used_precision

CPU = torch.device("cpu")


def test_the_processor_s_own_list_of_instructions_decides():
    """Oracle: what Linux says of this processor. The test below covers the others."""
    if platform.system() != "Linux" or platform.machine() != "x86_64" or not hasattr(torch.cpu, "get_capabilities"):
        pytest.skip("needs Linux on x86, and torch 2.9")
    flags = set(Path("/proc/cpuinfo").read_text().split())
    assert used_precision("bfloat16", CPU) == ("bfloat16" if {"avx512_bf16", "amx_bf16"} & flags else "float32")


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
def test_what_a_run_computes_with_on_other_processors(monkeypatch, known, expected):
    """Oracle: Intel's and Arm's names of the instructions, by hand; the dtype of a linear layer's output in a run."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert used_precision("bfloat16", CPU) == expected
    assert used_precision("float32", CPU) == "float32"
    seen = set()

    def loss(model, images):
        out = model(images)
        seen.add(str(out.dtype).removeprefix("torch."))
        return out.float().square().mean()

    config = FitConfig(steps=1, precision="bfloat16")
    fit(nn.Linear(3, 2), lambda generator: (torch.ones(4, 3),), loss, config, progress=False)
    assert seen == {expected}


def test_a_torch_that_cannot_tell(monkeypatch):
    """Oracle: by hand: single precision is slow nowhere."""
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert used_precision("bfloat16", CPU) == "float32"
    assert used_precision("bfloat16", torch.device("mps")) == "float32"


def test_a_torch_without_fast_kernels_and_graphics_cards(monkeypatch):
    """Oracle: by hand: torch for macOS has no such kernels; an old card emulates bfloat16."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"bf16": True}, raising=False)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert used_precision("bfloat16", CPU) == "float32"
    for real, expected in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(
            torch.cuda, "is_bf16_supported", lambda including_emulation=True, real=real: real or including_emulation
        )
        assert used_precision("bfloat16", torch.device("cuda")) == expected


def square(model, images):
    return model(images).float().square().mean()


def test_a_run_that_resumes_in_another_precision_says_so(monkeypatch, tmp_path, caplog):
    """Oracle: by hand: a processor with bfloat16 begins the run, one without it ends it."""
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    config, steps = FitConfig(steps=4, precision="bfloat16"), iter((False, True))

    def run(known, **options):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
        torch.manual_seed(0)
        model, batches = nn.Linear(3, 2), lambda generator: (torch.ones(4, 3),)
        with caplog.at_level("INFO"):
            fit(model, batches, square, config, out=tmp_path, progress=False, **options)

    with pytest.raises(OutOfTime):
        run({"avx512_bf16": True}, stop=lambda: next(steps))
    assert "float32" not in caplog.text
    run({"avx2": True})
    assert "the steps before were computed in bfloat16, the others in float32" in caplog.text
    assert "this device is not known to compute with bfloat16" in caplog.text
