"""How each explorable is made in tests that are about all of them."""

import numpy as np

from stn_lib.models import CNN
from stn_lib.widgets import (
    AlignImage,
    DrawDigit,
    Estimate,
    LossAlongShift,
    MoveDigit,
    PaperTable,
    PoolShift,
    Prediction,
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
    DrawDigit: lambda: DrawDigit("digits-rts-cnn", "digits-rts-st-cnn"),
    Estimate: lambda: Estimate("ch0-test", "How many?", ("heads", "tails"), span=(1, 90)),
    LossAlongShift: lambda: LossAlongShift(np.eye(9)),
    MoveDigit: lambda: MoveDigit(CNN(in_size=(40, 40))),
    PaperTable: lambda: PaperTable(pair()),
    PoolShift: lambda: PoolShift(np.eye(6)),
    Prediction: lambda: Prediction("k", "1 + 1?", [("2", True, "Yes."), ("11", False, "That joins digits.")]),
    ReplayTraining: recorded_run,
    RotatePoint: RotatePoint,
    SamplePoint: SamplePoint,
    StraightenDigit: StraightenDigit,
    TracePixel: TracePixel,
    WarpImage: WarpImage,
}
