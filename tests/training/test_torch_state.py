"""What a run changes in the process is restored."""

import pytest
import torch
from torch import nn

from stn_lib.training.torch_state import evaluation_mode, private_rng, threads

CPU = torch.device("cpu")


def test_threads_are_restored():
    """Oracle: torch's own count; also after an error."""
    before = torch.get_num_threads()
    with pytest.raises(KeyError), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before
    with threads(0):
        assert torch.get_num_threads() == before


def test_random_numbers_of_a_run_are_its_own():
    """Oracle: torch's own numbers from the same seed; those of the process as if nothing had been."""
    torch.manual_seed(3)
    first, second = torch.rand(2), torch.rand(2)
    torch.manual_seed(7)
    of_seven = torch.rand(2)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(2), first)
    with pytest.raises(KeyError), private_rng(7, CPU):
        assert torch.equal(torch.rand(2), of_seven)
        raise KeyError
    assert torch.equal(torch.rand(2), second)


def test_evaluation_mode_is_left_as_it_was_entered():
    """Oracle: by hand."""
    model = nn.Linear(1, 1).train()
    torch.manual_seed(3)
    first = torch.rand(2)
    torch.manual_seed(3)
    with evaluation_mode(model, CPU):
        assert not model.training and not torch.is_grad_enabled()
        torch.rand(9)
    assert model.training and torch.is_grad_enabled() and torch.equal(torch.rand(2), first)
