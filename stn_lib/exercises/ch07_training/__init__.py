"""The checks of chapter 7: intervals, learning rates, and a choice by validation."""

from stn_lib.exercises.framework.registry import chapter_checks

globals().update(chapter_checks(__name__))
