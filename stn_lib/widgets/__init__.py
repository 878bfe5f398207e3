"""The explorables of the book: each an ipywidget in Jupyter, and alive on the built page without a kernel."""

from stn_lib.widgets.align_picture import AlignPicture
from stn_lib.widgets.draw_digit import DrawDigit
from stn_lib.widgets.estimate import Estimate
from stn_lib.widgets.loss_along_shift import LossAlongShift
from stn_lib.widgets.move_digit import MoveDigit
from stn_lib.widgets.paper_table import PaperTable
from stn_lib.widgets.pool_shift import PoolShift
from stn_lib.widgets.prediction import Prediction
from stn_lib.widgets.replay_training import ReplayTraining
from stn_lib.widgets.sample_point import SamplePoint
from stn_lib.widgets.straighten_digit import StraightenDigit
from stn_lib.widgets.trace_pixel import TracePixel
from stn_lib.widgets.turn_point import TurnPoint
from stn_lib.widgets.warp_picture import WarpPicture

__all__ = [
    "AlignPicture",
    "DrawDigit",
    "Estimate",
    "LossAlongShift",
    "MoveDigit",
    "PaperTable",
    "PoolShift",
    "Prediction",
    "ReplayTraining",
    "SamplePoint",
    "StraightenDigit",
    "TracePixel",
    "TurnPoint",
    "WarpPicture",
]
