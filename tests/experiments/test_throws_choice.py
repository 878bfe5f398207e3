"""The cover's networks were trained with the settings that the validation digits chose."""

import pytest

from experiments.throws.choice import KINDS, RATES, best, config
from stn_lib import models, results
from stn_lib.training import cover_config
from stn_lib.training.config import with_defaults


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_network_has_the_learning_rate_of_the_lowest_validation_error(kind):
    """Oracle: the record, and the config in the weights file."""
    record = results.read("throws_choice")
    assert {row["lr"] for row in record["runs"] if row["model"] == kind} == set(RATES)
    lowest = min((row["error_percent"], row["lr"]) for row in record["runs"] if row["model"] == kind)[1]
    assert best(record, kind) == lowest == cover_config(kind).lr
    trained = models.pretrained_info(f"cover-{kind}")["config"]
    assert with_defaults(trained) == vars(cover_config(kind))
    assert config(kind, lowest).hold_out == "validation" and trained["hold_out"] == "test"
