"""The explorable of house numbers: its scene against stn_lib.data, its networks against torch, and its field."""

import base64

import pytest
import torch
import traitlets

from stn_lib.data import HouseNumbers, house_held_out, house_numbers, load_digits_split, sample_digits
from stn_lib.data.house_numbers import Scene, draw_numbers
from stn_lib.models import load_pretrained, round_weights, to_operations
from stn_lib.widgets import ReadNumber
from stn_lib.widgets.read_number import _scene
from stn_lib.widgets.read_number._scene import Place, draw_number, draw_walls, half_width
from tests.widgets.javascript import close, module
from tests.widgets.stage import Stage

NUMBERS = [("2015", Place(12, -20, 10, 0)), ("7", Place(-50, 30.5, 16, 20)), ("90817", Place(-3, 4, 8.5, -40))]
SCENE = module("read_number/scene.js")
DRAW = """(m, [scene, glyphs, wall, digits, place]) => {
  const row = m.rowImage(scene, glyphs, digits);
  return m.drawNumber(scene, row, digits.length, place, m.wallImage(scene, wall), m.noiseImage(scene));
}"""


@pytest.fixture(scope="module")
def widget():
    return ReadNumber()


@pytest.mark.parametrize(("number", "place"), NUMBERS)
def test_the_page_draws_the_same_number(call, widget, number, place):
    """Oracle: Python's drawing."""
    glyphs = sample_digits().flatten(1).tolist()
    for wall in (widget.walls[0], widget.walls[3]):
        got = call(SCENE, DRAW, [widget.scene, glyphs, wall, list(map(int, number)), place._asdict()])
        close(got, draw_number(number, place, wall), 2e-5)


@pytest.mark.parametrize("length", [1, 3, 5])
def test_a_number_is_drawn_as_those_that_train_the_networks(monkeypatch, length):
    """Oracle: `draw_numbers` with every range a point, no wall and no noise. It says in the box where the number is."""
    for name, value in (
        ("WALL", 0.0),
        ("NOISE", 0.0),
        ("CONTRAST", (0.8, 0.8)),
        ("ASPECT", (0.9, 0.9)),
        ("MAX_SLANT", 0.0),
    ):
        monkeypatch.setattr(house_numbers, name, value)
    scene = Scene((128, 128), longest=5, height=(11.0, 11.0), crop=(24, 64), blocks=0)
    monkeypatch.setitem(house_numbers.SCENES, "large", scene)
    monkeypatch.setattr(_scene, "noise", lambda: torch.zeros(128, 128))
    digits = sample_digits()
    drawn = draw_numbers(digits, torch.arange(10), 60, generator=torch.Generator().manual_seed(1))
    ground = {"coarse": [0.0] * 16, "blocks": []}
    chosen = ((drawn.labels != 10).sum(1) == length).nonzero()[:, 0]
    assert len(chosen) > 5
    for k in chosen.tolist():
        (across, _, x), (rise, _, y) = (64 * drawn.boxes[k].double()).tolist()
        assert across**2 + rise**2 == pytest.approx(half_width(length, 11) ** 2, rel=1e-4)
        angle = float(torch.rad2deg(torch.atan2(torch.tensor(-rise), torch.tensor(across))))
        number = "".join(map(str, drawn.labels[k, :length].tolist()))
        close(draw_number(number, Place(x, y, 11, angle), ground), drawn.images[k], 1e-3)


def test_walls_and_noise_are_as_in_training():
    """Oracle: the ranges of `stn_lib.data.house_numbers`, and the standard deviation of the noise."""
    noise = _scene.noise()
    assert abs(noise.mean()) < 1e-3 and noise.std() == pytest.approx(house_numbers.NOISE, rel=0.02)
    for wall in draw_walls():
        image = _scene.wall_image(wall)
        assert image.min() >= 0 and image.max() <= house_numbers.WALL
        assert len(wall["blocks"]) == house_numbers.SCENES["large"].blocks


def test_room_keeps_the_box_on_the_canvas(call, widget):
    """Oracle: the corners of the box, rotated with numpy's own words."""
    for number, (_, _, height, angle) in NUMBERS:
        across, down = call(
            SCENE, "(m, a) => m.room(...a)", [widget.scene, len(number), {"height": height, "angle": angle}]
        )
        wide, turn = half_width(len(number), height), torch.deg2rad(torch.tensor(float(angle)))
        for sx, sy in ((1, 1), (1, -1)):
            x = abs(sx * wide * turn.cos() + sy * height / 2 * turn.sin())
            y = abs(-sx * wide * turn.sin() + sy * height / 2 * turn.cos())
            assert across + x <= 63 + 1e-4 and down + y <= 63 + 1e-4
        assert widget._place() == Place(22, -20, 10, 0)


@pytest.mark.parametrize("name", ["house-numbers-cnn", "house-numbers-st-cnn"])
def test_the_page_s_networks_answer_as_torch_does(call, name):
    """Oracle: torch, with the rounded weights, on held-out numbers."""
    model = load_pretrained(name)
    layout, weights = to_operations(model, bits=8)
    images = house_held_out(load_digits_split(), 3).images
    rounded = round_weights(model)
    body = """(m, [layout, b, image]) => {
        const view = new DataView(Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer);
        const { probabilities, theta } = m.makeNetwork(layout, view)(Float32Array.from(image));
        return [probabilities, theta ?? []];
    }"""
    for image in images:
        data = [layout, base64.b64encode(weights).decode(), image.flatten().tolist()]
        probabilities, theta = call(module("shared/network.js"), body, data)
        with torch.no_grad():
            close(probabilities, rounded(image[None])[0].softmax(1), 1e-4)
            if theta:
                close(theta, rounded.transformer.theta(image[None]), 1e-4)


def test_the_first_state_tells_the_point(widget):
    """Oracle: torch: of the first number, only the ST-CNN classifies every digit."""
    image = draw_number(widget.number, widget._place(), widget.walls[widget.wall])
    with torch.no_grad():
        answers = [
            "".join(
                str(d)
                for d in round_weights(load_pretrained(f"house-numbers-{kind}"))(image)[0].argmax(1).tolist()
                if d < 10
            )
            for kind in ("cnn", "st-cnn")
        ]
    assert answers[0] != widget.number == answers[1]
    assert f"The ST-CNN answers {widget.number}, which is correct." in widget._fallback


def test_the_images_of_the_training_view_are_held_out_numbers(call, widget):
    """Oracle: a mean over 2 x 2 pixels, to half a grey level; the labels."""
    numbers: HouseNumbers = house_held_out(load_digits_split(), 6)
    body = """(m, [b, run]) => {
        const view = new DataView(Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer);
        return m.readImages(view, run).map((image) => Array.from(image));
    }"""
    got = call(module("read_number/training.js"), body, [base64.b64encode(widget.images).decode(), widget.run])
    close(got, torch.nn.functional.avg_pool2d(numbers.images, 2), 0.5 / 15 + 1e-6)
    assert widget.run["truths"] == ["".join(str(d) for d in row if d < 10) for row in numbers.labels.tolist()]
    assert widget.run["steps"][-1] == 3600 and len(widget.run["windows"]) == len(widget.run["steps"]) == 21


@pytest.mark.parametrize("number", ["", "123456", "12a", "-1", "٣"])
def test_other_numbers_are_refused(number):
    with pytest.raises(traitlets.TraitError, match="expected a number of 1 to 5 digits"):
        ReadNumber(number=number)


def test_the_field_takes_digits_and_says_what_it_expects(browser, widget):
    """Oracle: by hand."""
    with Stage(browser, widget) as stage:
        field = stage.page.get_by_role("textbox", name="House number")
        field.fill("40")
        assert stage.get("number") == "40" and field.get_attribute("aria-invalid") == "false"
        for text in ("4071x", "407123", ""):
            field.fill(text)
            assert stage.get("number") == "40" and field.get_attribute("aria-invalid") == "true"
            assert stage.text(".stn-expected") == "Type 1 to 5 digits, for example 407. The image still shows 40."
        field.blur()
        assert field.input_value() == "40" and stage.text(".stn-expected") == ""
        assert stage.errors == []


def test_handles_move_scale_and_rotate(browser, widget):
    """Oracle: by hand, from the size of the canvas on the screen; the outer handle is 11 pixels beyond the end of the number."""
    with Stage(browser, ReadNumber(number="88", x=-10.0, y=-10.0, height=12.0)) as stage:
        box = stage.page.locator(".stn-board svg").bounding_box()
        pixel = box["width"] / 128
        move, spin = stage.page.locator(".stn-board .stn-handle").all()
        for key, values in (("ArrowRight", [-9, -10]), ("ArrowDown", [-9, -9]), ("Shift+ArrowLeft", [-19, -9])):
            move.press(key)
            assert stage.get("x", "y") == values
        keys = {
            "ArrowLeft": [1, 12],
            "ArrowUp": [1, 12.5],
            "PageUp": [-9, 12.5],
            "PageDown": [1, 12.5],
            "Home": [45, 12.5],
        }
        for key, values in keys.items():
            spin.press(key)
            assert stage.get("angle", "height") == values, key
        stage.page.get_by_label("rotation", exact=True).fill("0")

        stage.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
        stage.page.mouse.down()  # elsewhere than on a handle: the number comes here
        stage.page.mouse.up()
        x, y = stage.get("x", "y")
        assert x == pytest.approx(0, abs=0.5) and y == pytest.approx(-32, abs=0.5)

        grip = spin.bounding_box()
        stage.page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
        stage.page.mouse.down()
        far = 11 + half_width(2, 20)
        stage.page.mouse.move(box["x"] + (64 + x + far) * pixel, box["y"] + (64 + y) * pixel, steps=4)
        stage.page.mouse.up()
        angle, height = stage.get("angle", "height")
        assert abs(angle) <= 1 and height == pytest.approx(20, abs=0.5)
        assert stage.errors == []
