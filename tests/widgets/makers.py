"""How each explorable is made in tests that are about all of them."""

import numpy as np

from stn_lib.models import CNN
from stn_lib.widgets import (
    AlignImage,
    ByHand,
    DrawDigit,
    Estimate,
    LossAlongShift,
    MoveBird,
    MoveDigit,
    PaperTable,
    PoolShift,
    Prediction,
    ReadNumber,
    ReplayTraining,
    RotatePoint,
    SamplePoint,
    StraightenDigit,
    TracePixel,
    WarpImage,
)
from tests.widgets.paper_rows import pair
from tests.widgets.recorded_run import widget as recorded_run

MAKERS = {
    AlignImage: AlignImage,
    ByHand: lambda: ByHand(
        "by-hand",
        "2 · {a}?",
        ("result",),
        first={"a": 3},
        draw=lambda rng: {"a": rng.randint(4, 9)},
        answer=lambda a: 2 * a,
        misconceptions={"You squared {a}.": lambda a: a * a},
        hints=("Add {a} to {a}.",),
        solution="{x0}",
    ),
    DrawDigit: lambda: DrawDigit("digits-rts-cnn", "digits-rts-st-cnn"),
    Estimate: lambda: Estimate("ch0-test", "How many?", ("heads", "tails"), span=(1, 90)),
    LossAlongShift: lambda: LossAlongShift(np.eye(9)),
    MoveBird: MoveBird,
    MoveDigit: lambda: MoveDigit(CNN(in_size=(40, 40))),
    PaperTable: lambda: PaperTable(pair()),
    PoolShift: lambda: PoolShift(np.eye(6)),
    Prediction: lambda: Prediction("k", "1 + 1?", [("2", True, "Yes."), ("11", False, "That joins digits.")]),
    ReadNumber: ReadNumber,
    ReplayTraining: recorded_run,
    RotatePoint: RotatePoint,
    SamplePoint: SamplePoint,
    StraightenDigit: StraightenDigit,
    TracePixel: TracePixel,
    WarpImage: WarpImage,
}
