"""The explorables of the book: each an ipywidget in Jupyter, and alive on the built page without a kernel."""

from stn_lib.widgets.align_image import AlignImage as AlignImage
from stn_lib.widgets.by_hand import ByHand as ByHand
from stn_lib.widgets.draw_digit import DrawDigit as DrawDigit
from stn_lib.widgets.estimate import Estimate as Estimate
from stn_lib.widgets.loss_along_shift import LossAlongShift as LossAlongShift
from stn_lib.widgets.move_bird import MoveBird as MoveBird
from stn_lib.widgets.move_digit import MoveDigit as MoveDigit
from stn_lib.widgets.paper_table import PaperTable as PaperTable
from stn_lib.widgets.pool_shift import PoolShift as PoolShift
from stn_lib.widgets.prediction import Prediction as Prediction
from stn_lib.widgets.read_number import ReadNumber as ReadNumber
from stn_lib.widgets.replay_training import ReplayTraining as ReplayTraining
from stn_lib.widgets.rotate_point import RotatePoint as RotatePoint
from stn_lib.widgets.sample_point import SamplePoint as SamplePoint
from stn_lib.widgets.straighten_digit import StraightenDigit as StraightenDigit
from stn_lib.widgets.trace_pixel import TracePixel as TracePixel
from stn_lib.widgets.warp_image import WarpImage as WarpImage
