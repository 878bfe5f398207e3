"""Functions as learners write them in chapter 11: correct, mistaken, and neither."""

from itertools import combinations, permutations, product

import numpy as np
import torch
from torch.nn import functional as F

from stn_lib import metrics
from stn_lib.exercises import ch11_birds as check
from stn_lib.models import cub
from tests.exercises.answers import Answers, slips


def theta_of(centres, scale, slip=None):
    """Number by number, as a learner writes it, with at most one slip."""
    theta = torch.zeros(*centres.shape[:2], 2, 3, dtype=centres.dtype)
    x, y = centres[..., 0], centres[..., 1]
    if slip == "layout":
        x, y = centres.flatten(1).unflatten(1, (2, -1)).unbind(1)
    across = {"inverse": 1 / scale, "scale_missing": 1, "scale_fixed": 0.5, "half_size": scale / 2, "twice_the_size": 2 * scale,
              "scale_squared": scale**2}.get(slip, scale)  # fmt: skip
    theta[..., 0, 0] = across
    theta[..., 1, 1] = 1 if slip == "one_axis" else across
    if slip == "not_diagonal":
        theta[..., 0, 1] = theta[..., 1, 0] = scale
    shift = {
        "inverse": lambda v: -v / scale,
        "translation_scaled": lambda v: v * scale,
        "translation_divided": lambda v: v / scale,
        "room_left": lambda v: v - v * scale,
        "kept_inside": lambda v: v.clamp(min=-(1 - scale), max=1 - scale),
        "corner": lambda v: v - scale,
        "negated": lambda v: -v,
        "converted": lambda v: v * 2 - 1,
        "centre_missing": lambda v: 0,
    }.get(slip, lambda v: v)
    if slip == "swapped":
        x, y = y, x
    if slip == "one_number":
        y = x
    if slip == "y_upwards":
        y = -y
    theta[..., 0, 2], theta[..., 1, 2] = shift(x), shift(y)
    if slip == "column_order":
        theta = theta.roll(1, dims=3)
    if slip == "merged":
        theta = theta.reshape(-1, 2, 3)
    if slip == "three_rows":
        theta = F.pad(theta, (0, 0, 0, 1))
        theta[:, :, 2, 2] = 1
    return theta


def theta_by_cat(centres, scale):
    """Correct: the scaled identity of float32, beside the centres."""
    size = (scale * torch.eye(2)).repeat(*centres.shape[:2], 1, 1)
    return torch.cat((size, centres.unsqueeze(-1)), dim=-1)


def theta_in_a_list(centres, scale):
    """Correct: lists of tensors."""
    return [[[[scale, 0, c[0]], [0, scale, c[1]]] for c in row] for row in centres]


def theta_by_sum(centres, scale):
    """Correct, by an identity of three columns and padded centres."""
    return scale * torch.eye(2, 3) + F.pad(centres[..., None], (2, 0))


def theta_from_numpy(centres, scale):
    """Correct values without a gradient."""
    theta = np.zeros((*centres.shape[:2], 2, 3))
    theta[:, :, [0, 1], [0, 1]] = scale
    theta[:, :, :, 2] = centres.detach().numpy()
    return theta


def theta_of_library(centres, scale):
    return cub.windows_theta(centres.flatten(1), scale)


def tiles(rows, columns, slip=None):
    """A loop over tiles, as a learner writes it, with at most one slip."""
    if slip == "sides_exchanged":
        rows, columns = columns, rows
    place = {
        "borders": lambda j, n: torch.linspace(-1, 1, n)[j].item(),
        "tile_edges": lambda j, n: -1 + j * 2 / n,
        "from_zero_to_one": lambda j, n: (j + 0.5) / n,
        "side_of_one": lambda j, n: -0.5 + (j + 0.5) / n,
        "indices": lambda j, n: j,
        "equal_gaps": lambda j, n: torch.linspace(-1, 1, n + 2)[j + 1].item(),
        "always_half": lambda j, n: np.linspace(-0.5, 0.5, n)[j],
        "one_side": lambda j, n: (2 * j + 1) / columns - 1,
    }.get(slip, lambda j, n: -1 + (2 * j + 1) / n)
    centres = [(place(j, columns), place(i, rows)) for i in range(rows) for j in range(columns)]
    if slip == "by_column":
        centres = [(place(j, columns), place(i, rows)) for j in range(columns) for i in range(rows)]
    if slip == "y_upwards":
        centres = [(place(j, columns), place(rows - 1 - i, rows)) for i in range(rows) for j in range(columns)]
    if slip == "swapped":
        centres = [centre[::-1] for centre in centres]
    if slip == "reshaped":
        return np.array(centres).T.reshape(-1, 2)
    if slip == "unflattened":
        return np.array(centres).reshape(rows, columns, 2)
    return centres


def tiles_by_meshgrid(rows, columns):
    """Correct: numpy's grid, whose first output is x."""
    x, y = np.meshgrid((np.arange(columns) + 0.5) * 2 / columns - 1, (np.arange(rows) + 0.5) * 2 / rows - 1)
    return np.stack([x.ravel(), y.ravel()], axis=-1)


def tiles_by_product(rows, columns):
    """Correct: torch's product changes its last input first."""
    x, y = (torch.linspace(1 / n - 1, 1 - 1 / n, n) for n in (columns, rows))
    return torch.cartesian_prod(y, x)[:, [1, 0]]


def tiles_by_pooling(rows, columns):
    """Correct: the mean coordinates of each tile of a larger grid, in float32."""
    grid = F.affine_grid(torch.eye(2, 3)[None], [1, 1, 4 * rows, 6 * columns], align_corners=False)
    return F.avg_pool2d(grid.permute(0, 3, 1, 2), (4, 6))[0].flatten(1).T


def tiles_by_torch(rows, columns, by_row=True, aligned=False):
    places = [(torch.arange(n) + 0.5) / n * 2 - 1 for n in (rows, columns)]
    if aligned:
        places = [torch.linspace(-1, 1, n) for n in (rows, columns)]
    if by_row:
        y, x = torch.meshgrid(*places, indexing="ij")
    else:
        x, y = torch.meshgrid(*places[::-1], indexing="ij")
    return torch.stack((x, y), -1).reshape(-1, 2)


def held_by(theta, centres, extents, share, slip=None):
    """A loop over images, windows and parts, as a learner writes it, with at most one slip."""
    every = []
    for n in range(len(theta)):
        rows = []
        for window in theta[n].tolist():
            row = []
            for centre, extent in zip(centres[n].tolist(), extents[n].tolist(), strict=True):
                row.append(one_held(window, centre, extent, share, slip))
            rows.append(row)
        every.append(rows)
    if slip == "transposed":
        return torch.tensor(every).transpose(1, 2)
    if slip == "averaged":
        return torch.tensor(every).float().mean(dim=0)
    return every


def one_held(window, centre, extent, share, slip):
    (sx, _, tx), (_, sy, ty) = window
    (cx, cy), (ex, ey) = centre, extent
    if slip == "window_half_size":
        sx, sy = sx / 2, sy / 2
    if slip == "part_half_size":
        ex, ey = ex / 2, ey / 2
    if slip == "swapped":
        tx, ty = ty, tx
    if slip == "one_side":
        sy = sx
    if slip == "inverse":
        tx, ty, sx, sy = -tx / sx, -ty / sy, 1 / sx, 1 / sy
    left, right, up, down = tx - sx, tx + sx, ty - sy, ty + sy
    if slip == "corner":
        left, right, up, down = tx, tx + 2 * sx, ty, ty + 2 * sy
    smaller, larger = (max, min) if slip == "hull" else (min, max)
    w = smaller(right, cx + ex) - larger(left, cx - ex)
    h = smaller(down, cy + ey) - larger(up, cy - ey)
    if slip != "not_clamped":
        w, h = max(w, 0), max(h, 0)
    part = 4 * ex * ey
    coverage = w * h / part
    if slip == "iou":
        coverage = w * h / (part + 4 * sx * sy - w * h)
    if slip == "share_of_window":
        coverage = w * h / (sx * sy * 4)
    if slip == "not_divided":
        coverage = w * h
    if slip == "area_of_extents":
        coverage = w * h / (ex * ey)
    if slip == "one_axis":
        coverage = w / (2 * ex)
    if slip == "each_axis":
        return w / ex / 2 >= share and h / ey / 2 >= share
    if slip == "centre_only":
        return left <= cx <= right and up <= cy <= down
    if slip == "completely":
        return left <= cx - ex and cx + ex <= right and up <= cy - ey and cy + ey <= down
    return {
        "strict": coverage > share,
        "share_fixed": coverage >= 0.5,
        "any_overlap": coverage > 0,
        "negated": coverage < share,
        "coverage": coverage,
    }.get(slip, coverage >= share)


def held_by_tensors(theta, centres, extents, share, dtype=torch.float64, form=lambda held: held, compare=None):
    """Correct, in any precision, with relu and without a division."""
    theta, centres, extents = (v.to(dtype) for v in (theta, centres, extents))
    scale = torch.stack([theta[..., 0, 0], theta[..., 1, 1]], -1)[:, :, None]
    middle = theta[:, :, None, :, 2]
    inside = torch.minimum(middle + scale, centres[:, None] + extents[:, None])
    inside = torch.relu(inside - torch.maximum(middle - scale, centres[:, None] - extents[:, None]))
    area, part = inside[..., 0] * inside[..., 1], 4 * (extents[..., 0] * extents[..., 1])[:, None]
    return compare(area, part) if compare else form(area >= share * part)


def held_by_distance(theta, centres, extents, share):
    """Correct, with numpy: the overlap from the distance of the centres."""
    theta, centres, extents = theta.numpy(), centres.numpy(), extents.numpy()
    half = np.diagonal(theta[..., :2], axis1=2, axis2=3)[:, :, None]
    apart = np.abs(theta[:, :, None, :, 2] - centres[:, None])
    overlap = np.clip(half + extents[:, None] - apart, 0, 2 * np.minimum(half, extents[:, None]))
    return np.prod(overlap / (2 * extents[:, None]), axis=-1) >= share


def held_by_library(theta, centres, extents, share):
    return metrics.part_coverage(theta, centres, extents) >= share


def clamped_too_late(theta, centres, extents, share):
    half = theta[..., [0, 1], [0, 1]][:, :, None]
    low = torch.maximum(theta[..., 2][:, :, None] - half, (centres - extents)[:, None])
    high = torch.minimum(theta[..., 2][:, :, None] + half, (centres + extents)[:, None])
    return (high - low).prod(-1).clamp(min=0) / (2 * extents).prod(-1)[:, None] >= share


def own_windows(held, slip=None):
    """With numpy and loops, as a learner writes it, with at most one slip."""
    held = held.numpy()
    images, windows, parts = held.shape
    shares = held.mean(axis=0)
    if slip == "counts":
        shares = held.sum(axis=0)
    if slip == "any_window":
        return held.any(axis=1).mean()
    if slip == "by_image":
        return sum(own_windows(torch.from_numpy(held[n : n + 1])) for n in range(images)) / images
    if slip == "mean_of_all":
        return held.mean()
    if slip == "given_order":
        return sum(shares[k, k] for k in range(parts)) / parts
    if slip == "best_pair":
        return shares.max()
    if slip == "part_of_each_window":
        return shares.max(axis=1).mean()
    if slip == "greedy":
        free, total = list(range(windows)), 0
        for part in range(parts):
            best = max(free, key=lambda window: shares[window, part])
            free.remove(best)
            total += shares[best, part]
        return total / parts
    ways = {
        "same_window": lambda: product(range(windows), repeat=parts),
        "first_windows": lambda: permutations(range(parts)),
        "one_order": lambda: combinations(range(windows), parts),
    }.get(slip, lambda: permutations(range(windows), parts))()
    found = []
    for chosen in ways:
        own = [shares[window, part] for part, window in enumerate(chosen)]
        value = {"not_divided": sum(own), "divided_by_windows": sum(own) / windows, "weakest_part": min(own)}
        found.append(value.get(slip, sum(own) / parts))
        if slip == "of_all_parts":
            found[-1] = shares[list(chosen)].mean()
        if slip == "at_once":
            found[-1] = np.all([held[:, window, part] for part, window in enumerate(chosen)], axis=0).mean()
    if slip == "above_chance":
        return max(found) - np.mean(found)
    return min(found) if slip == "worst" else max(found)


def own_windows_by_recursion(held):
    """Correct, without itertools."""
    shares = held.float().mean(0)

    def best(part, free):
        if part == shares.shape[1]:
            return 0
        return max(shares[w, part] + best(part + 1, free - {w}) for w in free)

    return best(0, set(range(len(shares)))) / shares.shape[1]


def own_windows_zipped(held):
    """Correct: permutations of all windows, cut to the parts; the answer is a float."""
    counts = held.sum(0)
    ways = permutations(counts.tolist())
    return max(sum(row[p] for p, row in zip(range(held.shape[2]), way, strict=False)) for way in ways) / (
        len(held) * held.shape[2]
    )


def own_windows_of_library(held):
    return metrics.specialisation(held, rounds=1, generator=torch.Generator()).share


ANSWERS = {
    "attention_theta": Answers(
        correct=(theta_of, theta_by_cat, theta_in_a_list, theta_by_sum),
        mistaken=slips(theta_of, check.attention_theta)
        | {
            "scale_missing": (
                lambda centres, scale: theta_of(centres, scale, "scale_missing"),
                lambda centres, scale: F.pad(centres[..., None], (2, 0)),
            ),
            "kept_inside": (
                lambda centres, scale: theta_of(centres, scale, "kept_inside"),
                lambda centres, scale: theta_by_cat(torch.tanh(centres), scale),
            ),
            "translation_scaled": lambda centres, scale: scale * theta_by_cat(centres, 1),
            "layout": lambda centres, scale: theta_by_cat(centres.mT.reshape(centres.shape), scale),
            "no_gradient": (
                theta_from_numpy,
                lambda centres, scale: torch.tensor(theta_in_a_list(centres.tolist(), scale)),
            ),
            "ready_made": theta_of_library,
        },
        unexplained=(
            lambda centres, scale: torch.zeros(*centres.shape, 3),
            lambda centres, scale: theta_by_cat(centres, -scale),
            lambda centres, scale: theta_by_cat(centres.sin(), scale),
            lambda centres, scale: theta_by_cat(centres, scale).mT,
        ),
    ),
    "tiled_start": Answers(
        correct=(tiles, tiles_by_meshgrid, tiles_by_product, tiles_by_pooling, tiles_by_torch),
        mistaken=slips(tiles, check.tiled_start)
        | {
            "by_column": (
                lambda rows, columns: tiles(rows, columns, "by_column"),
                lambda rows, columns: tiles_by_torch(rows, columns, by_row=False),
            ),
            "borders": (
                lambda rows, columns: tiles(rows, columns, "borders"),
                lambda rows, columns: tiles_by_torch(rows, columns, aligned=True),
                lambda rows, columns: [
                    (2 * j / max(columns - 1, 1) - (columns > 1), 2 * i / max(rows - 1, 1) - (rows > 1))
                    for i in range(rows)
                    for j in range(columns)
                ],
            ),
        },
        unexplained=(
            lambda rows, columns: [(0.0, 0.0)] * (rows * columns),
            lambda rows, columns: np.array(tiles(rows, columns)).T,
            lambda rows, columns: np.array(tiles(rows, columns)) / 3,
            lambda rows, columns: tiles(rows, columns)[::-1],
            lambda rows, columns: [(-0.5, 0.0), (0.5, 0.0)],
        ),
    ),
    "holds": Answers(
        correct=(
            held_by,
            held_by_tensors,
            lambda *inputs: held_by_tensors(*inputs, dtype=torch.float32),
            lambda *inputs: held_by_tensors(*inputs, form=lambda held: held.numpy()),
            lambda *inputs: held_by_tensors(*inputs, form=lambda held: held.float()),
            held_by_distance,
        ),
        mistaken=slips(held_by, check.holds)
        | {
            "not_clamped": (lambda *inputs: held_by(*inputs, slip="not_clamped"), clamped_too_late),
            "strict": (
                lambda *inputs: held_by(*inputs, slip="strict"),
                lambda theta, centres, extents, share: held_by_tensors(
                    theta, centres, extents, share, compare=lambda area, part: area / (part + 1e-6) >= share
                ),
            ),
            "coverage": lambda theta, centres, extents, share: held_by_tensors(
                theta, centres, extents, share, compare=lambda area, part: area / part
            ),
            "ready_made": held_by_library,
        },
        unexplained=(
            lambda theta, centres, extents, share: held_by_tensors(theta, centres, extents, share / 2),
            lambda theta, centres, extents, share: held_by_tensors(theta, centres, extents, share)[:1],
            lambda theta, centres, extents, share: torch.zeros(len(theta)).bool(),
        ),
    ),
    "specialisation": Answers(
        correct=(own_windows, own_windows_by_recursion, own_windows_zipped),
        mistaken=slips(own_windows, check.specialisation)
        | {
            "same_window": (
                lambda held: own_windows(held, "same_window"),
                lambda held: held.float().mean(0).max(0).values.mean(),
            ),
            "ready_made": own_windows_of_library,
        },
        unexplained=(
            lambda held: 0.5,
            lambda held: 100 * own_windows(held),
            lambda held: (own_windows(held), 0.5),
            lambda held: (held.sum(1) == 1).double().mean(),
        ),
    ),
}
