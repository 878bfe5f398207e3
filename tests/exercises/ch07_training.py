"""Functions as learners write them in chapter 7: correct, mistaken, and neither."""

import itertools
import math
import statistics
from functools import partial

import numpy as np
import torch
from scipy import stats

from stn_lib.exercises import ch07_training as check
from stn_lib.spatial_transformer import SpatialTransformer
from tests.exercises.answers import Answers, slips


def dead(theta, slip=None):
    """As a learner writes it, with at most one slip."""
    if slip == "no_tolerance":
        return all(torch.equal(one, theta[0]) for one in theta)
    if slip == "identity_only":
        return torch.allclose(theta, torch.eye(2, 3).double(), atol=1e-4)
    if slip == "small_theta":
        return bool(theta.abs().max() < 1e-4)
    if slip == "no_area":
        return all(abs(a * d - b * c) < 1e-4 for (a, b, _), (c, d, _) in theta.tolist())
    if slip == "spread_of_all":
        return float(theta.std()) < 1e-4
    if slip == "wrong_axis":
        return bool((theta.std(dim=-1) < 1e-4).all())
    if slip == "area_only":
        return float(torch.det(theta[..., :2]).std()) < 1e-4
    if slip == "two_images":
        return torch.allclose(theta[0], theta[1], atol=1e-4)
    if slip == "signs_cancel":
        return abs(float((theta - theta.mean(0)).sum())) < 1e-4
    if slip == "numbers_averaged":
        return float(theta.flatten(1).mean(1).std()) < 1e-4
    if slip == "angle_only":
        return np.std([math.atan2(c, a) for (a, _, _), (c, _, _) in theta.tolist()]) < 1e-4
    if slip == "length_only":
        return np.ptp(np.linalg.norm(theta.reshape(len(theta), 6), axis=1)) < 1e-4
    if slip == "spread_returned":
        return theta.std(0).max()
    if slip == "relative":
        return bool((theta.std(0) < 1e-4 * theta.mean(0).abs()).all())
    part = {"row_only": theta[:, 0], "shift_only": theta[:, :, 2:], "matrix_only": theta[:, :, :2]}.get(slip, theta)
    small = part.numpy().std(axis=0) < 1e-4
    found = bool(small.any() if slip == "any_number" else small.all())
    return not found if slip == "inverted" else found


def dead_by_range(theta):
    return theta.amax(0).sub(theta.amin(0)).max() < 1e-3


def dead_by_distance(theta):
    return np.linalg.norm((theta - theta[:1]).numpy().reshape(len(theta), -1), axis=1).max() < 1e-3


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
        times = stats.t.ppf(0.975, k) if slip == "degrees_of_freedom" else stats.t.ppf(0.95, k - 1)
    if slip == "other_level":
        times = stats.t.ppf(0.995, k - 1)
    if slip == "divided_by_k":
        error = deviation / k
    if slip == "root_of_too_few":
        error = deviation / (k - 1) ** 0.5
    if slip == "signs_lost":
        return gap([abs(d) for d in differences], [0] * k)
    if slip == "fixed_t":
        times = 4.30
    if slip == "variance":
        error = statistics.variance(differences) / math.sqrt(k)
    half = times * error
    if slip == "pairs_lost":
        return gap(sorted(a), sorted(b))
    if slip == "relative":
        return gap([100.0] * k, [100 * y / x for x, y in zip(a, b, strict=True)])
    if slip == "range_returned":
        return mean, min(differences), max(differences)
    if slip == "median":
        mean = statistics.median(differences)
    if slip == "half_width":
        return mean, -half, half
    return (mean - half, mean, mean + half) if slip == "order_swapped" else (mean, mean - half, mean + half)


def by_ttest(a, b):
    low, high = stats.ttest_rel(a, b).confidence_interval()
    return statistics.mean(a) - statistics.mean(b), low, high


def by_welch(a, b):
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    return statistics.mean(a) - statistics.mean(b), low, high


def by_pooled(a, b):
    low, high = stats.ttest_ind(a, b).confidence_interval()
    return statistics.mean(a) - statistics.mean(b), low, high


def by_ends(a, b):
    (low_a, high_a), (low_b, high_b) = (stats.ttest_1samp(e, 0).confidence_interval() for e in (a, b))
    return statistics.mean(a) - statistics.mean(b), low_a - high_b, high_a - low_b


def by_numpy(a, b):
    """Two slips at once, as numpy's default invites to: divided by k, and 1.96."""
    d = np.array(a) - np.array(b)
    half = 1.96 * d.std() / len(d) ** 0.5
    return d.mean(), d.mean() - half, d.mean() + half


def of_one(a, b):
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
    if slip == "one_kind_of_layer":
        found = [m for network in found for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    slow = [p for network in found for name, p in network.named_parameters()
            if slip != "weights_only" or "weight" in name]  # fmt: skip
    rest = [p for p in model.parameters() if all(p is not other for other in slow)]
    if slip == "in_two_groups":
        rest = list(model.parameters())
    rest = [] if slip == "rest_left_out" else rest
    slow = [] if slip == "localization_left_out" else slow
    fast, slower = (
        lr,
        {
            "factor_nowhere": lr,
            "factor_alone": factor,
            "factor_changed": lr * (1 - factor),
            "divided": lr / factor,
            "added": lr + factor,
        }.get(slip, lr * factor),
    )
    if slip == "factor_on_the_classifier":
        fast, slower = slower, fast
    if slip == "factor_everywhere":
        fast = slower
    if slip == "rest_changed":
        fast = lr / factor
    if slip == "consumed":
        rest, slow = (p for p in rest), (p for p in slow)
    first = {"params": rest} if slip == "rate_missing" else {"params": rest, "lr": fast}
    return [first, {"params": slow, "lr": slower}]


def localising(model):
    """The ids of the localisation networks' parameters."""
    found = [m.localization for m in model.modules() if isinstance(m, SpatialTransformer)]
    return {id(p) for network in found for p in network.parameters()}


def one_group_each(model, lr, factor):
    slow = localising(model)
    return [{"params": p, "lr": lr * factor if id(p) in slow else lr} for p in model.parameters()]


def by_any_name(model, lr, factor):
    return [{"params": p, "lr": lr * (factor if "localization" in n else 1)} for n, p in model.named_parameters()]


def of_transformers(model, lr, factor):
    """All parameters of each transformer, its own as well."""
    slow = {id(p) for m in model.modules() if isinstance(m, SpatialTransformer) for p in m.parameters()}
    return [{"params": [p], "lr": lr * factor if id(p) in slow else lr} for p in model.parameters()]


def named_members(model, lr, factor):
    inside = [(n, p) for n, p in model.named_parameters() if id(p) in localising(model)]
    others = [(n, p) for n, p in model.named_parameters() if id(p) not in localising(model)]
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
    slow = [p for p in model.parameters() if id(p) in localising(model) and p.dim() > 1]
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
            "rate_chosen": run_["lr"],
            "smallest_gap": abs(run_["test"] - run_["validation"]),
        }.get(slip, run_["validation"])
        if best is None or key < best:
            best, place = key, k
    lr, validation, test = runs[place].values()
    return {
        "validation_reported": (lr, validation),
        "best_test_reported": (lr, min(r["test"] for r in runs)),
        "all_tests_reported": (lr, statistics.mean(r["test"] for r in runs)),
        "errors_averaged": (lr, statistics.mean([validation, test])),
        "place_returned": (place, test),
        "other_unit": (lr, 100 - test),
        "order_swapped": (test, lr),
    }.get(slip, (lr, test))


def by_sorting_in_place(runs):
    runs.sort(key=lambda r: r["validation"])
    best = runs.pop(0)
    return best.pop("lr"), best.pop("test")


def middle_rate(runs):
    middle = statistics.median_high(run["lr"] for run in runs)
    return middle, next(run["test"] for run in runs if run["lr"] == middle)


ANSWERS = {
    "is_dead": Answers(
        correct=(dead, dead_by_range, dead_by_distance),
        mistaken=slips(dead, check.is_dead)
        | {
            "spreads_averaged": lambda theta: np.mean(np.std(theta.numpy(), axis=0)) < 1e-4,
            "matrix_only": (partial(dead, slip="matrix_only"), lambda theta: np.std(theta[:, 0, 0].tolist()) < 1e-4),
            "threshold": (lambda theta: theta.var(0).max() < 1e-4, lambda theta: bool((theta.std(0) < 0.001).all())),
        },
        unexplained=(lambda theta: False, lambda theta: len(theta) > 4),
    ),
    "gap": Answers(
        correct=(gap, by_ttest, lambda a, b: torch.tensor(gap(a, b))),
        mistaken=slips(gap, check.gap)
        | {
            "unpaired": (partial(gap, slip="unpaired"), by_welch, by_pooled, by_ends),
            "normal_quantile": (partial(gap, slip="normal_quantile"), by_numpy),
            "one_network": (partial(gap, slip="one_network"), of_one),
        },
        unexplained=(lambda a, b: (0.0, -1.0, 1.0),),
    ),
    "groups": Answers(
        correct=(split, one_group_each, named_members),
        mistaken=slips(split, check.groups)
        | {
            "consumed": (partial(split, slip="consumed"), yielded, chained),
            "in_two_groups": (partial(split, slip="in_two_groups"), every_module_of),
            "weights_only": (partial(split, slip="weights_only"), biases_at_full_rate),
            "nested_missed": (partial(split, slip="nested_missed"), only_if_it_has_one),
            "by_name": (partial(split, slip="by_name"), by_any_name),
            "whole_transformer": of_transformers,
        },
        unexplained=(
            lambda model, lr, factor: [{"params": list(model.parameters()), "lr": 1.0}],
            lambda model, lr, factor: [],
        ),
    ),
    "choose": Answers(
        correct=(pick, by_sorting_in_place),
        mistaken=slips(pick, check.choose)
        | {"middle": middle_rate, "first_run": lambda runs: (runs[0]["lr"], runs[0]["test"])},
        unexplained=(lambda runs: (runs[0]["lr"], runs[-1]["test"]),),
    ),
}
