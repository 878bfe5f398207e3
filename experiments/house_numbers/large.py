"""The house numbers of the large scene: up to five digits on a canvas of 128 × 128 pixels."""

from experiments.house_numbers import FULL, HALF, MULTI, QUARTER, ST, TRUE, WHOLE, Study
from stn_lib.training.config import FitConfig

#: Chosen on validation digits. With the full rate of 0.004 a localisation network that had found the number at step 150
#: lost it again at the rate's peak. With a window that is narrow from the first step on, it found the number with one
#: first weight, and with another one never.
LARGE = Study(
    "large",
    FitConfig(steps=6000, batch_size=64, lr=3e-3, localization_lr_factor=0.5, precision="bfloat16"),
    hidden=128,
    narrowing=2250,
    widths={HALF: (9, 18, 32), QUARTER: (20, 40, 64)},
    data={"digits": (ST, TRUE, HALF, QUARTER, WHOLE, FULL, MULTI), "mnist": (ST, TRUE, HALF)},
)
EXPERIMENT = LARGE.experiment()
