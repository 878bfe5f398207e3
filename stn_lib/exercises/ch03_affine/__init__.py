"""The checks of chapter 3: rotation, composition, inverse, decomposition, the horizon, the thin plate spline."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
