"""The config refuses what cannot be run, and says in which words to run it again."""

import dataclasses
import math
import shlex

import pytest

from stn_lib.__main__ import Train
from stn_lib._command_line import parse
from stn_lib.training import FitConfig, TrainConfig, live_config, pooling_config
from stn_lib.training.config import command, run_folder


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "vit"}, "expected model in"),
        ({"model": "st-cn"}, "expected model in .*did you mean 'st-cnn'"),
        ({"distortion": "TCX"}, "expected distortion in .*did you mean 'TC'"),
        ({"dataset": "minst"}, "expected dataset in .*did you mean 'mnist'"),
        ({"hold_out": "train"}, "expected hold_out in"),
        ({"optimizer": "adam"}, "expected optimizer in .*did you mean 'adamw'"),
        ({"schedule": "linear"}, "expected schedule in"),
        ({"schedule": "steps"}, "expected decay_every of at least 1 with the schedule steps.*and decay_every=0"),
        ({"decay_every": 5}, "and 0 with another, got schedule='one-cycle' and decay_every=5"),
        ({"precision": "float16"}, "expected precision in"),
        ({"device": "tpu"}, "expected device in"),
        ({"size": "large"}, "expected size in"),
        ({"steps": 0}, r"expected steps in \[1, 1000000000\], got 0"),
        ({"batch_size": 1}, r"expected batch_size in \[2, 65536\], got 1"),
        ({"batch_size": 10**9}, r"expected batch_size in \[2, 65536\], got 1000000000"),
        ({"copies": 0}, r"expected copies in \[1, 1000\], got 0"),
        ({"threads": 10**6}, r"expected threads in \[0, 1024\], got 1000000"),
        ({"seed": 10**20}, r"expected seed in \[0, 4294967295\], got 1000"),
        ({"seed": 10**400}, "expected seed in"),
        ({"seed": -1}, "expected seed in"),
        ({"lr": math.inf}, r"expected lr in \[0, 1000000\], got inf"),
        ({"lr": math.nan}, r"expected lr in \[0, 1000000\], got nan"),
        ({"lr": 1e38}, r"expected lr in \[0, 1000000\], got 1e\+38"),
        ({"weight_decay": -1.0}, "expected weight_decay"),
        ({"label_smoothing": 1.0}, "expected label_smoothing"),
        ({"momentum": 0.9}, "expected momentum 0 with adamw, got 0.9: choose optimizer sgd"),
        ({"max_angle": 200.0}, r"expected max_angle in \[0, 180\]"),
        ({"transform": "afine"}, "expected transform in .*did you mean 'affine'"),
        ({"model": "cnn", "transform": "tps"}, "a CNN has no transformer"),
        ({"model": "fcn", "size": "table1", "transform": "affin"}, "a FCN has no transformer"),
        ({"model": "pooling-cnn", "pool": "mean"}, "expected pool in"),
        ({"model": "cnn", "pool": "Tri-3"}, "only pooling-cnn has a choice of pooling"),
        ({"model": "cnn", "size": "table1", "samples": 2}, "only a transformer of size table1"),
        ({"model": "st-cnn", "samples": 2}, "only a transformer of size table1"),
        ({"model": "st-cnn", "size": "table1", "samples": 9}, "expected samples in"),
        ({"dataset": "mnist", "hold_out": "test", "evaluate_every": 10}, "the test set of mnist to be measured once"),
    ],
)
def test_impossible_runs_are_refused(wrong, message):
    """Oracle: the message names the field, expected and got, and what to do."""
    with pytest.raises(ValueError, match=message):
        TrainConfig(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"steps": 3.0}, {"steps": True}, {"lr": "0.1"}, {"model": None}, {"size": ["small"]}, {"max_angle": "20"}]
)
def test_values_of_another_type_are_refused(wrong):
    """Oracle: by hand; a whole number is a float, too."""
    with pytest.raises(TypeError, match=f"expected {next(iter(wrong))} of type (int|float|str)"):
        TrainConfig(**wrong)
    assert TrainConfig(lr=1, max_angle=20).lr == 1


def test_the_test_set_is_measured_on_request_only():
    """Oracle: by hand. The runs whose figures the book reports ask for it."""
    assert TrainConfig().hold_out == "validation"
    assert live_config("cnn").hold_out == pooling_config("max").hold_out == "test"


def test_live_runs_differ_in_model_and_seed_only():
    """Oracle: a fair comparison."""
    a, b = live_config("cnn", 1), live_config("st-cnn", 2)
    same = {k: v for k, v in vars(a).items() if k not in ("model", "seed")}
    assert same == {k: v for k, v in vars(b).items() if k not in ("model", "seed")}
    assert (a.model, a.seed, b.model, b.seed) == ("cnn", 1, "st-cnn", 2)


def test_the_runs_that_compare_poolings_differ_in_the_pooling_only():
    """Oracle: a fair comparison."""
    a, b = vars(pooling_config("max", 3)), vars(pooling_config("Tri-3", 3))
    assert {k for k in a if a[k] != b[k]} == {"pool"}


def test_max_angle_is_in_degrees():
    """Oracle: pi / 3."""
    assert TrainConfig(max_angle=60).recipe.max_angle == pytest.approx(math.pi / 3)
    assert TrainConfig().recipe.max_angle == pytest.approx(math.pi / 4)


CONFIGS = [
    TrainConfig(),
    TrainConfig(model="cnn", distortion="R", seed=3, max_angle=20.0, hold_out="test", copies=1, precision="bfloat16"),
    TrainConfig(
        model="st-fcn", size="table1", transform="tps", dataset="mnist", steps=7, batch_size=4, lr=1e-5, threads=2
    ),
    TrainConfig(optimizer="sgd", momentum=0.9, schedule="constant", evaluate_every=3, device="auto"),
    TrainConfig(schedule="steps", decay_every=40),
    pooling_config("Tri-3"),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_the_recorded_command_makes_the_run_again(config):
    """Oracle: the command line's own parser."""
    words = shlex.split(command(config))
    assert words[:4] == ["python", "-m", "stn_lib", "train"] and parse(Train, words[4:], "train").config_of() == config


def test_runs_have_folders_of_their_own():
    """Oracle: all different; but the machine does not matter."""
    changed = [
        dataclasses.replace(CONFIGS[0], **{name: value}) for name, value in (("seed", 1), ("lr", 1.0), ("copies", 2))
    ]
    assert len({run_folder(config) for config in CONFIGS + changed}) == len(CONFIGS) + len(changed)
    assert run_folder(dataclasses.replace(CONFIGS[0], threads=0, device="auto")) == run_folder(CONFIGS[0])
    assert run_folder(CONFIGS[0]).as_posix() == "runs/RTS-st-cnn-affine-0"


def test_every_setting_is_documented():
    """Oracle: the docstrings; the command line's help is made of them."""
    text = f"{FitConfig.__doc__}{TrainConfig.__doc__}"
    assert [field.name for field in dataclasses.fields(TrainConfig) if f"        {field.name}: " not in text] == []
