"""The checks of chapter 11, one module for each exercise."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
