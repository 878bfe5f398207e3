"""The page's address opens an explorable in a state; a value out of range is clamped, any other nonsense ignored."""

import pytest

from stn_lib.widgets import (
    AlignImage,
    DrawDigit,
    LossAlongShift,
    MoveBird,
    MoveDigit,
    PaperTable,
    PoolShift,
    ReadNumber,
    ReplayTraining,
    RotatePoint,
    SamplePoint,
    StraightenDigit,
    TracePixel,
    WarpImage,
)
from tests.widgets.makers import MAKERS
from tests.widgets.stage import Stage, name_of, traits

HOSTILE = ("1e300", "-1e300", "NaN", "Infinity", "", "abc", "1.5", "-1", "__proto__", "1,2", "<b>", "%00", "true")

# The address's query, and what it makes of the traits that it names; all others stay as they are.
OPENED = [
    (AlignImage, "x=.3&y=-.2&rotation=20&sampler=nearest&blur=2&move=translation&step=40",
     {"x": 0.3, "y": -0.2, "rotation": 20, "sampler": "nearest", "blur": "2", "move": "translation", "step": 40}),
    (AlignImage, "x=9&y=abc&rotation=-200&sampler=cubic&blur=3&move=no&step=999", {"x": 1.75, "rotation": -90, "step": 120}),
    (DrawDigit, "x=1e300&degrees=-1e9&scale=0&example=3",
     {"x": 14, "degrees": -90, "scale": 0.5, "example": 3, "meant": 3}),
    (DrawDigit, "degrees=-90&scale=1.5&x=-3.5&y=2&example=4",
     {"x": -3.5, "y": 2, "degrees": -90, "scale": 1.5, "example": 4, "meant": 4}),
    (DrawDigit, "degrees=91&scale=x&x=&y=-15&example=10", {"degrees": 90, "y": -14, "example": 9, "meant": 9}),
    (DrawDigit, "example=99&seed=5&strokes=1", {"example": 9, "meant": 9}),
    (LossAlongShift, "shift=99&goal=-1e9&blur=2&mode=bicubic", {"shift": 14, "goal": -12, "blur": 2, "mode": "bicubic"}),
    (LossAlongShift, "shift=&goal=1.5&blur=NaN&mode=cubic", {}),
    (MoveDigit, "right=1e300&down=-1&tilt=-1e300&digit=8", {"right": 12, "down": -1, "tilt": -65, "digit": 8}),
    (PaperTable, "cell=tc-fcn", {"cell": "tc-fcn"}),
    (PaperTable, "cell=tc-rnn", {}),
    (PaperTable, "view=error&cell=e-cnn", {"view": "error", "cell": "e-cnn"}),
    (PaperTable, "view=interval", {}),
    (MoveBird, "head=1&body=3&mirror=true&size=1.3&setting=2&ball=pattern&ball_x=12.5&ball_y=-99&covered=true&x=-20&y=30",
     {"head": 1, "body": 3, "mirror": True, "size": 1.3, "setting": 2, "ball": "pattern", "ball_x": 12.5, "ball_y": -96,
      "covered": True, "x": -20, "y": 30, "view": "bird"}),
    (MoveBird, "guess=1,2,-3.5,99&shown=true", {"guess": [1, 2, -3.5, 96], "shown": True}),
    (MoveBird, "guess=1,2,3&start=equal&frame=999", {"start": "equal", "frame": 24, "view": "training"}),
    (MoveBird, "head=4&ball=round&mirror=yes&size=9", {"head": 3, "size": 1.65, "view": "bird"}),
    (PoolShift, "shift=-99&bits=00110011&kernel=Bin-5&keep=largest&outside=circular&view=image",
     {"shift": -4, "bits": [0, 0, 1, 1, 0, 0, 1, 1], "kernel": "Bin-5", "keep": "largest", "outside": "circular", "view": "image"}),
    (PoolShift, "spectrum=true&kernel=Tri-3", {"spectrum": True, "kernel": "Tri-3"}),
    (PoolShift, "spectrum=yes&view=image", {"view": "image"}),
    (PoolShift, "bits=0011001&shift=1.5&kernel=constructor&view=picture", {}),
    (ReadNumber, "number=407&x=-20&y=12.5&height=8&angle=-6&wall=2&view=training&frame=3",
     {"number": "407", "x": -20, "y": 12.5, "height": 8, "angle": -6, "wall": 2, "view": "training", "frame": 3}),
    # A digit 20 pixels high is 7.2 to each side of its middle, which may be 63 - 7.2 and 63 - 10 from that of the canvas.
    (ReadNumber, "number=7&x=1e300&y=-99&height=20", {"number": "7", "x": 55.8, "y": -53, "height": 20}),
    (ReadNumber, "number=123456&wall=9&height=1&frame=1.5&view=none", {"wall": 3, "height": 5}),
    (ReadNumber, "number=12a&angle=-90&x=&frame=999", {"angle": -45, "frame": 20, "view": "training"}),
    (ReplayTraining, "step=30&digit=2&curve=loss", {"frame": 3, "digit": 2, "curve": "loss"}),
    (ReplayTraining, "step=29&curve=accuracy&digit=x", {"frame": 2}),
    (ReplayTraining, "step=1e300&digit=99&curve=loss", {"frame": 4, "digit": 2, "curve": "loss"}),
    (ReplayTraining, "step=-5&digit=1.5&curve=x", {"frame": 0}),
    (RotatePoint, "radius=.1&angle=1e9&by=-1e9", {"radius": 0.2, "angle": 180, "by": -180}),
    (SamplePoint, "x=1e-300&y=1.23456789", {"x": 0, "y": 1.234568}),
    (SamplePoint, "x=1e300&y=-1e300&mode=nearest&padding=none", {"x": 5.5, "y": -0.5, "mode": "nearest"}),
    (StraightenDigit, "x=99&degrees=NaN&scale=1e300&digit=3", {"x": 14, "scale": 1.3, "digit": 3}),
    (TracePixel, "theta=0,.5,-.325,1,0,.2&row=1&column=5&grid=true&sampler=false&width=6",
     {"theta": [0, 0.5, -0.325, 1, 0, 0.2], "row": 1, "column": 5, "grid_corners": True, "sampler_corners": False,
      "out_size": [10, 6]}),
    (TracePixel, "image=squares&width=6&row=5&column=5", {"shown": "squares", "out_size": [4, 6], "row": 3, "column": 5}),
    (TracePixel, "height=2&row=3", {"out_size": [2, 10], "row": 1}),
    (TracePixel, "theta=1,0,,0,1,0&row=-1&column=1.5&grid=yes&height=19&width=0", {"row": 0, "out_size": [12, 1]}),
    (TracePixel, "theta=1,0,0,0,1,100&sampler=", {"theta": [1, 0, 0, 0, 1, 99]}),
    (TracePixel, "theta=1,0,0,0,1,Infinity&row=__proto__&image=own", {}),
    (WarpImage, "theta=2,0,0,0,2,1e300", {"theta": [2, 0, 0, 0, 2, 9]}),
    (WarpImage, "theta=1,0,0,0,1", {}),
    (WarpImage, "show=push&x=.3&y=-2", {"show": "push", "x": 0.3, "y": -1}),
    (WarpImage, "show=both&x=&theta=2,0,0,0,2,0&y=.1", {"theta": [2, 0, 0, 0, 2, 0], "y": 0.1}),
    (WarpImage, "family=projective&theta=1,0,0,0,1,0,.9,.9", {}),
    (WarpImage, "family=projective&theta=1,0,0,0,1,0,.3,.2",
     {"family": "projective", "theta": [1, 0, 0, 0, 1, 0, 0.3, 0.2]}),
    (WarpImage, "family=constructor&theta=1,0,0,0,1,.5&smoothing=9", {"theta": [1, 0, 0, 0, 1, 0.5], "smoothing": 2}),
]  # fmt: skip


@pytest.fixture(scope="module")
def shown():
    """One widget of each class: only the page's copy of its traits changes."""
    return {cls: make() for cls, make in MAKERS.items()}


@pytest.mark.parametrize(("cls", "query", "opened"), OPENED, ids=lambda given: getattr(given, "__name__", None))
def test_the_address_opens_a_state(browser, shown, cls, query, opened):
    """Oracle: by hand, from the ranges of the controls."""
    widget = shown[cls]
    before = {name: getattr(widget, name) for name in traits(widget)}
    with Stage(browser, widget, f"#{name_of(cls)}?{query}") as stage:
        found = dict(zip(before, stage.get(*before), strict=True))
        if cls is DrawDigit:  # `pixels` tells Python what the pad shows
            assert found.pop("pixels") == list(widget.examples)[found["example"] * 784 :][:784]
        changed = {name: value for name, value in found.items() if value != before[name]}
        wanted = {name: value for name, value in opened.items() if value != before[name]}
        assert changed == wanted
        assert stage.errors == []


OPEN_ALL = """async ([addresses, names]) => {
  const found = [];
  for (const address of addresses) {
    location.hash = address;
    for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
    found.push(names.map((name) => window.model.get(name)));
  }
  return found;
}"""


@pytest.mark.parametrize("cls", MAKERS, ids=lambda cls: cls.__name__)
def test_nothing_that_an_address_says_is_invalid_for_python_or_breaks_the_page(browser, shown, cls):
    """Oracle: the traits' own limits in Python, for every trait and every hostile value, all at once in each turn."""
    widget, names = shown[cls], traits(shown[cls])
    keys = [*names, "rows", "grid", "sampler", "unknown"]
    turns = [[f"{key}={HOSTILE[(k + i) % len(HOSTILE)]}" for i, key in enumerate(keys)] for k in range(len(HOSTILE))]
    addresses = [f"#{name_of(cls)}?{'&'.join(turn)}" for turn in turns]
    with Stage(browser, widget) as stage:
        found = stage.page.evaluate(OPEN_ALL, [addresses, names])
        assert stage.errors == [] and len(found) == len(HOSTILE)
        for name, value in ((name, value) for values in found for name, value in zip(names, values, strict=True)):
            trait = widget.traits()[name]
            trait._validate(widget, float(value) if isinstance(trait.default_value, float) else value)


def test_another_explorable_s_address_changes_nothing(browser, shown):
    with Stage(browser, shown[SamplePoint], "#warp-image?x=2") as stage:
        assert stage.get("x") == shown[SamplePoint].x


LINK = """(query) => {
  const link = document.createElement("a");
  link.href = `#sample-point?${query}`;
  link.textContent = query;
  document.body.append(link);
}"""


def test_a_link_in_the_text_sets_the_state_at_each_click_and_brings_the_explorable_into_view(browser, shown):
    with Stage(browser, shown[SamplePoint], height=400) as stage:
        stage.page.evaluate(LINK, "x=3&y=2.5")
        for _ in range(2):  # the second click leaves the address as it is
            stage.page.get_by_text("x=3&y=2.5").evaluate("(link) => link.click()")
            assert stage.get("x", "y") == [3, 2.5]
            stage.page.evaluate("model.set('x', 1)")
        stage.page.wait_for_function("Math.abs(document.querySelector('.stn-widget').getBoundingClientRect().top) < 1")
        assert stage.errors == []


def test_an_explorable_that_is_gone_no_longer_follows_the_address(browser, shown):
    with Stage(browser, shown[SamplePoint]) as stage:
        stage.page.evaluate("window.dispose(); location.hash = '#sample-point?x=3'")
        assert stage.get("x") == shown[SamplePoint].x


def test_a_key_that_an_explorable_does_not_have_is_named_to_the_author(browser, shown):
    with Stage(browser, shown[SamplePoint]) as stage:
        with stage.page.expect_console_message() as said:
            stage.page.evaluate("location.hash = '#sample-point?xx=3'")
        assert "xx=3 is ignored" in said.value.text
