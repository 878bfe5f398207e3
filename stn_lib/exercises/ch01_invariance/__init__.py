"""The checks of chapter 1: shifting, equivariance, accuracy and consistency under a change."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
