"""What the exercises of chapter 7 claim, and how parameter groups are converted to rates."""

import numpy as np
import pytest
import torch

from stn_lib.exercises import ch07_training as check
from stn_lib.exercises.ch07_training.parameter_groups import random_models, rates
from stn_lib.models import STCNN
from tests.exercises.ch07_training import by_ttest, split


@pytest.mark.parametrize("k", [2, 3, 5, 12])
def test_the_oracle_of_gap_equals_scipys_paired_test(k):
    """Oracle: scipy.stats.ttest_rel on the two lists."""
    a, b = np.random.default_rng(k).normal(5, 2, (2, k))
    assert check.gap.exercise.oracle(a, b) == pytest.approx(by_ttest(a, b), abs=1e-10)


def test_the_oracle_of_gap_by_hand():
    """Oracle: differences 1, 2, 3: mean 2, deviation 1, and t = 4.3027 with two degrees of freedom."""
    mean, low, high = check.gap.exercise.oracle([4, 7, 5], [3, 5, 2])
    assert (mean, low, high) == pytest.approx((2, 2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-4)


@pytest.mark.parametrize("which", range(5))
def test_a_rate_is_what_one_step_moves(which):
    """Oracle: torch's SGD, which moves a parameter by its rate where the gradient is 1."""
    case = random_models(torch.Generator().manual_seed(1))[which]
    model, lr, factor = case.inputs["model"].network, case.inputs["lr"], case.inputs["factor"]
    before = [p.detach().clone() for p in model.parameters()]
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    torch.optim.SGD(split(model, lr, factor)).step()
    moved = [float((old - p.detach()).mean()) for old, p in zip(before, model.parameters(), strict=True)]
    assert case.call(check.groups.exercise.oracle).tolist() == pytest.approx(moved, rel=1e-3)


def test_the_slow_parameters_are_those_that_theta_depends_on():
    """Oracle: autograd: which parameters the graph of theta holds."""
    case = random_models(torch.Generator().manual_seed(0))[0]
    model = case.inputs["model"].network
    assert isinstance(model, STCNN)
    theta = model.transformer.theta(torch.rand(2, 1, *model.in_size))
    found = torch.autograd.grad(theta.sum(), list(model.parameters()), allow_unused=True)
    slow = case.inputs["lr"] * case.inputs["factor"]
    expected = [case.inputs["lr"] if gradient is None else slow for gradient in found]
    assert case.call(check.groups.exercise.oracle).tolist() == pytest.approx(expected)


def test_what_torch_refuses_is_refused():
    """Oracle: torch's SGD, given the same groups."""
    model = torch.nn.Linear(3, 2)
    for groups in (
        [{"params": set(model.parameters())}],
        [{"params": ["weight"]}],
        [{"params": 3.0}],
        [[model.weight, 0]],
    ):
        with pytest.raises(TypeError):
            torch.optim.SGD(groups, lr=0.1)
        with pytest.raises(TypeError, match="expected"):
            rates(model, groups)
    with pytest.raises(ValueError, match="more than one parameter group"):
        torch.optim.SGD([{"params": model.parameters()}, {"params": [model.bias]}], lr=0.1)


def test_a_group_without_a_rate_learns_at_torchs_default():
    """Oracle: the rate that torch's SGD writes into such a group."""
    model = torch.nn.Linear(3, 2)
    groups = [{"params": list(model.parameters())}]
    found = rates(model, groups).tolist()
    assert found == [torch.optim.SGD(groups).param_groups[0]["lr"]] * 2


def test_groups_of_another_kind_get_the_expected_type():
    """Oracle: the words that the result has to contain."""
    lone = repr(check.groups(lambda model, lr, factor: {"params": list(model.parameters()), "lr": lr}))
    assert "expected a list of dicts with 'params' and 'lr', got dict" in lone
    sets = repr(check.groups(lambda model, lr, factor: [{"params": set(model.parameters()), "lr": lr}]))
    assert "expected the 'params' of a group to be a list of parameters, got set" in sets


def test_a_result_says_which_parameters_localise():
    """Oracle: a single STCNN's first six of ten parameters, counted by hand: a convolution and two linear layers."""
    assert "of its 10 parameters 1, 2, 3, 4, 5, 6 localise" in repr(
        check.groups(check.groups.exercise.misconceptions["rate_missing"].wrong[0])
    )
