"""Rows of the paper's table for PaperTable's tests, as an experiment would hand them over."""

from stn_lib.metrics import error_interval

DISTORTIONS = {"r": "R", "rts": "RTS", "p": "P", "e": "E", "tc": "TC"}
#: Jaderberg et al. 2015, Table 1; TC: the text of section 4.1.
PAPER = {
    "fcn": (2.1, 5.2, 3.1, 3.2, 13.2),
    "cnn": (1.2, 0.8, 1.5, 1.4, 3.5),
    "st-fcn-affine": (1.2, 0.8, 1.5, 2.7, 2.0),
    "st-fcn-projective": (1.3, 0.9, 1.4, 2.6, 2.0),
    "st-fcn-tps": (1.1, 0.8, 1.4, 2.4, 2.0),
    "st-cnn-affine": (0.7, 0.5, 0.8, 1.2, 1.7),
    "st-cnn-projective": (0.8, 0.6, 0.8, 1.3, 1.7),
    "st-cnn-tps": (0.7, 0.5, 0.8, 1.1, 1.7),
}
CELLS = [f"{distortion}-{network}" for network in PAPER for distortion in DISTORTIONS]
#: As the table shows them: each plain network above those with a transformer.
FAMILIES = {kind: [kind, *(f"st-{kind}-{t}" for t in ("affine", "projective", "tps"))] for kind in ("fcn", "cnn")}
SHOWN = [f"{d}-{network}" for networks in FAMILIES.values() for network in networks for d in DISTORTIONS]
STEPS = 5469


def command(cell: str, seed: int) -> str:
    return f"python -m stn_lib train --cell {cell} --seed {seed}"


def run(cell: str, seed: int, wrong: int, points: int = 60, **changes) -> dict:
    """A run; the error on batches is 60 % at first and then falls by one a point."""
    return {
        "seed": seed,
        "command": command(cell, seed),
        "commit": "bfec3fc4c3eba1009a01814c42a30076ddde9fd2",
        "changed": False,
        "device": "cpu: a processor",
        "threads": 1,
        "torch": "2.13.0",
        "seconds": 600.0 + 60 * seed,
        "parameters": 300466,
        "images": 1_400_064,
        "error": wrong / 100,
        "wrong": wrong,
        "n": 10_000,
        "curve": [[round((k + 1) * STEPS / points), 60.0 - k] for k in range(points)],
    } | changes


def row(cell: str, runs: list[dict], gap: dict | None = None, **changes) -> dict:
    """A row, with the mean of its runs' errors and Wilson's interval of it."""
    distortion, _, network = cell.partition("-")
    error = sum(one["error"] for one in runs) / len(runs) if runs else None
    interval = list(error_interval(round(100 * error), 10_000)) if runs else None
    name = DISTORTIONS[distortion]
    return {
        "distortion": distortion,
        "network": network,
        "labels": {"name": name, "short": f"short {name}", "digits": f"digits distorted by {name}"},
        "paper": PAPER[network][list(DISTORTIONS).index(distortion)],
        "paper_shared": distortion == "tc" and network.startswith("st-"),
        "command": command(cell, 0),
        "error": error,
        "interval": interval,
        "gap": gap,
        "runs": runs,
    } | changes


def rows(gaps: dict | None = None, **wrong) -> list[dict]:
    """All rows; rts_cnn=[70, 80] are two runs with 70 and 80 of 10,000 digits wrong. Gaps by the cell's name."""
    counts = {name.replace("_", "-"): seeds for name, seeds in wrong.items()}
    made = {cell: [run(cell, seed, k) for seed, k in enumerate(counts.get(cell, []))] for cell in CELLS}
    return [row(cell, runs, (gaps or {}).get(cell)) for cell, runs in made.items()]


def pair() -> list[dict]:
    """Two cells with runs: gaps .25, .30 and .44, mean .33, Student's interval .33 ± .2447."""
    gap = {"points": 0.33, "seeds": 3, "interval": [0.0853, 0.5747]}
    gaps = {"rts-cnn": gap, "rts-st-cnn-affine": gap}
    return rows(gaps, rts_cnn=[70, 80, 96], rts_st_cnn_affine=[45, 50, 52])


def full(seeds: int = 3) -> list[dict]:
    """All cells; seeds differ by a tenth of the paper's error, so that no number is round."""
    made = []
    for k, cell in enumerate(CELLS):
        paper = row(cell, [])["paper"]
        runs = [run(cell, seed, round(paper * (83 + k + 10 * seed))) for seed in range(seeds)]
        for one in runs:
            one["curve"] = [[step, 90 / (j + 1) ** 1.1234 + 0.1234] for j, (step, _) in enumerate(one["curve"])]
        interval = [0.1234567, 0.7654321] if seeds > 1 else None
        made.append(row(cell, runs, {"points": 0.4444444, "seeds": seeds, "interval": interval}))
    return made
