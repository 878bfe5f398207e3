"""The checks of chapter 5: sampling between the pixels."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
