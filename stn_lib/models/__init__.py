"""The networks of the course, small ones and those of Table 1; their trained weights; their export to the page."""

from stn_lib.models.export import export, fold_batch_norm
from stn_lib.models.registry import MODELS, build
from stn_lib.models.small import CNN, POOLS, STCNN, PoolingCNN
from stn_lib.models.table1 import Table1Network, count_parameters
from stn_lib.models.weights import load_pretrained, pretrained_info, save_weights

__all__ = [
    "CNN",
    "MODELS",
    "POOLS",
    "STCNN",
    "PoolingCNN",
    "Table1Network",
    "build",
    "count_parameters",
    "export",
    "fold_batch_norm",
    "load_pretrained",
    "pretrained_info",
    "save_weights",
]
