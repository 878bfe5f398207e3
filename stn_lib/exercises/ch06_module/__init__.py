"""The checks of chapter 6: the module assembled, and how to keep it alive."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
