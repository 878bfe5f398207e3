"""The checks of chapter 2: blur kernels, blur pooling, and the choice of APS."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
