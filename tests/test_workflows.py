"""The workflows run the actions that were looked at, not what a tag may name tomorrow, and files that exist."""

import re

import pytest

from tests.conftest import ROOT

WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / ".gitlab-ci.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_names_commits_of_actions_and_files_that_exist(path):
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.*)", text)
    assert bool(used) == (path.parent.name == "workflows")
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
    named = re.findall(r"(?<= )[\w./-]+/run\b|[\w./-]+\.(?:py|txt)\b", text)
    assert named and [name for name in named if not (ROOT / name).exists()] == []


def test_all_workflows_use_one_version_of_an_action():
    used = set(re.findall(r"uses: (\S+)", "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)))
    assert len(used) == len({action.partition("@")[0] for action in used}) >= 5
