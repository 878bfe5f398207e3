"""The checks of chapter 4: base grid, normalised and pixel coordinates, rotation and shift in pixels."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
