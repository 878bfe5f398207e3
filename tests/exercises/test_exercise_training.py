"""The checks of chapter 7: every misconception is fed as a learner would write it, and named."""

import itertools
import math
import statistics

import numpy as np
import pytest
import torch

from stn_lib.exercises import choice, comparison, rates
from stn_lib.exercises import training as check
from stn_lib.exercises.parameter_groups import draw_models
from stn_lib.exercises.parameter_groups import rates as rates_of
from stn_lib.models import STCNN
from stn_lib.spatial_transformer import SpatialTransformer


@pytest.mark.parametrize(("errors", "n"), [(70, 10_000), (0, 450), (6, 450), (40, 40), (1, 20), (333, 600)])
def test_wilson_equals_scipy(errors, n):
    """Oracle: scipy's Wilson interval."""
    stats = pytest.importorskip("scipy.stats")
    theirs = stats.binomtest(errors, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert check.wilson(errors, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def by_scipy(errors, n):
    stats = pytest.importorskip("scipy.stats")
    interval = stats.binomtest(errors, n).proportion_ci(method="wilson")
    return interval.low, interval.high


def by_roots(errors, n):
    # The rates q with (p - q)² = z² q (1 - q) / n, with the usual rounded z.
    p, z = errors / n, 1.96
    a, b, c = 1 + z**2 / n, -(2 * p + z**2 / n), p**2
    root = math.sqrt(max(0.0, b**2 - 4 * a * c))
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def wald(errors, n):
    p = errors / n
    margin = 1.96 * (p * (1 - p) / n) ** 0.5
    return p - margin, p + margin


def wald_cut(errors, n):
    low, high = wald(errors, n)
    return max(low, 0.0), min(high, 1.0)


def without_n(errors, n):
    p = errors / n
    sd = (p * (1 - p)) ** 0.5
    return p - 1.96 * sd, p + 1.96 * sd


def n_not_rooted(errors, n):
    p = errors / n
    sd = (p * (1 - p)) ** 0.5 / n
    return p - 1.96 * sd, p + 1.96 * sd


def percent(errors, n):
    low, high = by_roots(errors, n)
    return 100 * low, 100 * high


def percent_wald(errors, n):
    low, high = wald(errors, n)
    return 100 * low, 100 * high


def one_error(errors, n):
    p = errors / n
    se = (p * (1 - p) / n) ** 0.5
    return p - se, p + se


def ninety(errors, n):
    p = errors / n
    margin = 1.6449 * (p * (1 - p) / n) ** 0.5
    return p - margin, p + margin


def exchanged(errors, n):
    low, high = by_roots(errors, n)
    return high, low


WRONG = [
    (wald, "normal_approximation"),
    (wald_cut, "normal_approximation"),
    (without_n, "without_n"),
    (n_not_rooted, "without_n"),
    (percent_wald, "percent"),
    (one_error, "one_sigma"),
    (ninety, "one_sided"),
    (exchanged, "order_swapped"),
]


@pytest.mark.parametrize("solution", [by_scipy, by_roots])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_right_passes(solution, seed):
    """Oracle: scipy, and the roots of the quadratic."""
    assert check.interval(solution, seed=seed).passed


@pytest.mark.parametrize(("wrong", "key"), [*WRONG, (percent, "percent")])
@pytest.mark.parametrize("seed", [0, 1])
def test_names(wrong, key, seed):
    """Oracle: intervals by formula, each with one slip."""
    result = check.interval(wrong, seed=seed)
    assert (result.status, result.misconception) == ("failed", key)


def test_others_get_no_name():
    """Oracle: three intervals that no slip explains."""
    for wrong in (lambda e, n: (0.0, 1.0), lambda e, n: (e / n, e / n), lambda e, n: (e / n / 2, e / n * 2)):
        result = check.interval(wrong)
        assert (result.status, result.misconception) == ("failed", None)


def test_a_lone_half_width_is_told_what_was_expected():
    """Oracle: the words that the report has to hold."""
    text = repr(check.interval(lambda e, n: 0.1))
    assert "Expected 2 numbers" in text
    assert "got float 0.1" in text


T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 8: 2.36}  # Student's t as printed tables have it, by seeds


def gap(a, b, slip=None):
    """With the standard library and a printed table, as a learner writes it, with at most one slip."""
    differences = [y - x if slip == "sign" else x - y for x, y in zip(a, b, strict=True)]
    k, mean = len(differences), statistics.mean(differences)
    deviation = {"population_deviation": statistics.pstdev}.get(slip, statistics.stdev)(differences)
    if slip == "one_network":
        deviation = statistics.stdev(b)
    error = deviation / (1 if slip == "root_forgotten" else math.sqrt(k))
    if slip == "unpaired":
        error = math.sqrt(statistics.variance(a) / k + statistics.variance(b) / k)
    times = {"normal_quantile": 1.96, "one_sigma": 1}.get(slip, T95[k])
    if slip in ("degrees_of_freedom", "one_sided"):
        stats = pytest.importorskip("scipy.stats")
        times = stats.t.ppf(0.975, k) if slip == "degrees_of_freedom" else stats.t.ppf(0.95, k - 1)
    half = times * error
    if slip == "half_width":
        return mean, -half, half
    return (mean - half, mean, mean + half) if slip == "order_swapped" else (mean, mean - half, mean + half)


def by_ttest(a, b):
    stats = pytest.importorskip("scipy.stats")
    low, high = stats.ttest_rel(a, b).confidence_interval()
    return statistics.mean(a) - statistics.mean(b), low, high


def by_welch(a, b):
    stats = pytest.importorskip("scipy.stats")
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    return statistics.mean(a) - statistics.mean(b), low, high


def by_pooled(a, b):
    stats = pytest.importorskip("scipy.stats")
    low, high = stats.ttest_ind(a, b).confidence_interval()
    return statistics.mean(a) - statistics.mean(b), low, high


def by_ends(a, b):
    stats = pytest.importorskip("scipy.stats")
    (low_a, high_a), (low_b, high_b) = (stats.ttest_1samp(e, 0).confidence_interval() for e in (a, b))
    return statistics.mean(a) - statistics.mean(b), low_a - high_b, high_a - low_b


def by_numpy(a, b):
    """Two slips at once, as numpy's default invites to: divided by k, and 1.96."""
    d = np.array(a) - np.array(b)
    half = 1.96 * d.std() / len(d) ** 0.5
    return d.mean(), d.mean() - half, d.mean() + half


def of_one(a, b):
    stats = pytest.importorskip("scipy.stats")
    return statistics.mean(a), *stats.t.interval(0.95, len(a) - 1, loc=np.mean(a), scale=stats.sem(a))


def split(model, lr, factor, slip=None):
    """Module by module, as a learner writes it, with at most one slip."""
    if slip == "nested_missed":
        modules = list(model.children())
    elif slip == "by_name":
        modules = [m for name, m in model.named_modules() if name.endswith("transformer")]
    else:
        modules = list(model.modules())
    found = [m.localization for m in modules if isinstance(m, SpatialTransformer)]
    if slip == "one_transformer_only":
        found = found[:1]
    if slip == "last_layer_only":
        found = [network[-1] for network in found]
    slow = [p for network in found for name, p in network.named_parameters()
            if slip != "weights_only" or "weight" in name]  # fmt: skip
    rest = [p for p in model.parameters() if all(p is not other for other in slow)]
    if slip == "in_two_groups":
        rest = list(model.parameters())
    rest = [] if slip == "rest_left_out" else rest
    slow = [] if slip == "localization_left_out" else slow
    fast, slower = lr, {"factor_nowhere": lr, "factor_alone": factor, "divided": lr / factor}.get(slip, lr * factor)
    if slip == "factor_on_the_classifier":
        fast, slower = slower, fast
    if slip == "factor_everywhere":
        fast = slower
    if slip == "consumed":
        rest, slow = (p for p in rest), (p for p in slow)
    first = {"params": rest} if slip == "rate_missing" else {"params": rest, "lr": fast}
    return [first, {"params": slow, "lr": slower}]


def one_group_each(model, lr, factor):
    return [
        {"params": p, "lr": lr * factor if ".localization." in "." + name else lr}
        for name, p in model.named_parameters()
    ]


def named_members(model, lr, factor):
    inside = [(n, p) for n, p in model.named_parameters() if "localization" in n]
    others = [(n, p) for n, p in model.named_parameters() if "localization" not in n]
    return ({"params": inside, "lr": lr * factor, "weight_decay": 0.0}, {"params": others, "lr": lr})


def yielded(model, lr, factor):
    yield from split(model, lr, factor)


def chained(model, lr, factor):
    """One group is a generator, the other a list."""
    found = [m for m in model.modules() if isinstance(m, SpatialTransformer)]
    slow = itertools.chain(*(m.localization.parameters() for m in found))
    return [{"params": slow, "lr": lr * factor}, split(model, lr, factor)[0]]


def every_module_of(model, lr, factor):
    """Walks through all modules, and asks each for its parameters, which are those of all below."""
    rest, slow = split(model, lr, factor)
    inside = {id(p) for p in slow["params"]}
    rest["params"] = [p for m in model.modules() for p in m.parameters() if id(p) not in inside]
    return [rest, slow]


def biases_at_full_rate(model, lr, factor):
    slow = [p for name, p in model.named_parameters() if "localization" in name and p.dim() > 1]
    rest = [p for p in model.parameters() if id(p) not in {id(q) for q in slow}]
    return [{"params": rest, "lr": lr}, {"params": slow, "lr": lr * factor}]


def only_if_it_has_one(model, lr, factor):
    if not hasattr(model, "transformer"):
        return [{"params": list(model.parameters()), "lr": lr}]
    return split(model, lr, factor)


def pick(runs, slip=None):
    """A loop, as a learner writes it, with at most one slip."""
    best, place = None, None
    for k, run_ in enumerate(runs):
        key = {
            "chosen_by_test": run_["test"],
            "highest": -run_["validation"],
            "smallest_gap": abs(run_["test"] - run_["validation"]),
        }.get(slip, run_["validation"])
        if best is None or key < best:
            best, place = key, k
    lr, validation, test = runs[place].values()
    return {
        "validation_reported": (lr, validation),
        "best_test_reported": (lr, min(r["test"] for r in runs)),
        "errors_averaged": (lr, statistics.mean([validation, test])),
        "place_returned": (place, test),
        "order_swapped": (test, lr),
    }.get(slip, (lr, test))


def by_sorting_in_place(runs):
    runs.sort(key=lambda r: r["validation"])
    best = runs.pop(0)
    return best.pop("lr"), best.pop("test")


def slips(function, exercise):
    return {m.key: lambda *inputs, slip=m.key: function(*inputs, slip=slip) for m in exercise.misconceptions}


TABLES = {
    "interval": {key: wrong for wrong, key in WRONG},
    "gap": slips(gap, comparison.GAP),
    "groups": slips(split, rates.GROUPS),
    "choose": slips(pick, choice.CHOOSE),
}
EXERCISES = [check._INTERVAL, comparison.GAP, rates.GROUPS, choice.CHOOSE]
MORE = [
    ("gap", "unpaired", by_welch),
    ("gap", "unpaired", by_pooled),
    ("gap", "unpaired", by_ends),
    ("gap", "normal_quantile", by_numpy),
    ("gap", "one_network", of_one),
    ("groups", "consumed", yielded),
    ("groups", "consumed", chained),
    ("groups", "in_two_groups", every_module_of),
    ("groups", "weights_only", biases_at_full_rate),
    ("groups", "nested_missed", only_if_it_has_one),
]


@pytest.mark.parametrize(("name", "key", "wrong"), MORE)
def test_a_misconception_is_named_on_any_seed(name, key, wrong):
    """Oracle: the slip that the mutant was written with."""
    for seed in range(5):
        result = getattr(check, name)(wrong, seed=seed)
        assert (result.status, result.misconception) == ("failed", key), result


def test_right_answers_pass():
    """Oracle: printed t, scipy's paired test, a walk through the modules, a loop; tuples, lists, tensors alike."""
    for seed in range(5):
        assert check.gap(gap, seed=seed).passed
        assert check.gap(by_ttest, seed=seed).passed
        assert check.gap(lambda a, b: torch.tensor(gap(a, b)), seed=seed).passed
        for right in (split, one_group_each, named_members):
            assert check.groups(right, seed=seed).passed
        for right in (pick, by_sorting_in_place):
            assert check.choose(right, seed=seed).passed


@pytest.mark.parametrize("k", [2, 3, 5, 12])
def test_paired_equals_scipys_paired_test(k):
    """Oracle: scipy.stats.ttest_rel on the two lists."""
    a, b = np.random.default_rng(k).normal(5, 2, (2, k))
    assert comparison.paired(a, b) == pytest.approx(by_ttest(a, b), abs=1e-10)


def test_paired_by_hand():
    """Oracle: differences 1, 2, 3: mean 2, deviation 1, and t = 4.3027 with two degrees of freedom."""
    mean, low, high = comparison.paired([4, 7, 5], [3, 5, 2])
    assert (mean, low, high) == pytest.approx((2, 2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-4)


@pytest.mark.parametrize("which", range(5))
def test_a_rate_is_what_one_step_moves(which):
    """Oracle: torch's SGD, which moves a parameter by its rate where the gradient is 1."""
    case = draw_models(torch.Generator().manual_seed(1))[which]
    model, lr, factor = case.inputs["model"].network, case.inputs["lr"], case.inputs["factor"]
    before = [p.detach().clone() for p in model.parameters()]
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    torch.optim.SGD(split(model, lr, factor)).step()
    moved = [float((old - p.detach()).mean()) for old, p in zip(before, model.parameters(), strict=True)]
    assert case.call(rates.GROUPS.oracle).tolist() == pytest.approx(moved, rel=1e-3)


def test_the_slow_parameters_are_those_that_theta_depends_on():
    """Oracle: autograd: which parameters the graph of theta holds."""
    case = draw_models(torch.Generator().manual_seed(0))[0]
    model = case.inputs["model"].network
    assert isinstance(model, STCNN)
    theta = model.transformer.theta(torch.rand(2, 1, *model.in_size))
    found = torch.autograd.grad(theta.sum(), list(model.parameters()), allow_unused=True)
    slow = case.inputs["lr"] * case.inputs["factor"]
    expected = [case.inputs["lr"] if gradient is None else slow for gradient in found]
    assert case.call(rates.GROUPS.oracle).tolist() == pytest.approx(expected)


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
            rates_of(model, groups)
    with pytest.raises(ValueError, match="more than one parameter group"):
        torch.optim.SGD([{"params": model.parameters()}, {"params": [model.bias]}], lr=0.1)


def test_a_group_without_a_rate_learns_at_torchs_default():
    """Oracle: the rate that torch's SGD writes into such a group."""
    model = torch.nn.Linear(3, 2)
    groups = [{"params": list(model.parameters())}]
    found = rates_of(model, groups).tolist()
    assert found == [torch.optim.SGD(groups).param_groups[0]["lr"]] * 2


def test_the_checks_leave_chance_alone():
    """Oracle: the state of torch's generator before."""
    before = torch.get_rng_state()
    for name in TABLES:
        getattr(check, name)(next(iter(TABLES[name].values())))
    assert torch.equal(torch.get_rng_state(), before)


def test_what_no_misconception_explains_gets_no_name():
    """Oracle: answers that follow from no slip."""
    assert check.gap(lambda a, b: (0.0, -1.0, 1.0)).misconception is None
    assert (
        check.groups(lambda model, lr, factor: [{"params": list(model.parameters()), "lr": 1.0}]).misconception is None
    )
    assert check.groups(lambda model, lr, factor: []).misconception is None
    assert check.choose(lambda runs: (runs[0]["lr"], runs[-1]["test"])).misconception is None


def test_groups_of_another_kind_are_told_what_was_expected():
    """Oracle: the words that the report has to hold."""
    lone = repr(check.groups(lambda model, lr, factor: {"params": list(model.parameters()), "lr": lr}))
    assert "expected a list of dicts with 'params' and 'lr', got dict" in lone
    sets = repr(check.groups(lambda model, lr, factor: [{"params": set(model.parameters()), "lr": lr}]))
    assert "expected the 'params' of a group to be a list of parameters, got set" in sets


def test_a_report_tells_which_parameters_localise():
    """Oracle: a single STCNN's first six of ten parameters, counted by hand: a convolution and two linear layers."""
    assert "of its 10 parameters 1, 2, 3, 4, 5, 6 localise" in repr(
        check.groups(rates.GROUPS.misconceptions[-1].wrong[0])
    )
