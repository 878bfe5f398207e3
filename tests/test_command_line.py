"""Errors on one line."""

import errno
import os
from concurrent.futures import BrokenExecutor

import pytest
import torch

from stn_lib._command_line import explain


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out/x"), ("'out/x'", "No space left", "make room")),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ("a file", "make room")),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "x"), ("'x'", "change its permissions")),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "x"), ("Read-only", "choose another path")),
        (FileNotFoundError("expected a checkpoint, got no file"), ("expected a checkpoint, got no file",)),
        (MemoryError(), ("expected enough memory", "choose smaller numbers")),
        (BrokenExecutor("a child process ended abruptly"), ("use fewer --jobs",)),
    ],
)
def test_what_a_user_can_remove_is_explained_in_one_line(error, words):
    """Oracle: the system's own name of the error, and the remedy by hand."""
    said = explain(error)
    assert "\n" not in said and all(word in said for word in words)


def test_torchs_lack_of_memory_is_explained():
    """Oracle: the error of torch itself for more bytes than any machine has."""
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**50)
    assert "expected enough memory" in explain(raised.value)


def test_a_fault_of_the_program_is_not_explained():
    """Oracle: None, so that its traceback is shown."""
    assert explain(RuntimeError("shapes do not match")) is explain(KeyError("model")) is None
