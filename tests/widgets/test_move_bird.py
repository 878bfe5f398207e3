"""The explorable of drawn birds: its drawing against stn_lib.data, its networks against torch, its boxes and handles."""

import base64

import pytest
import torch
import traitlets

from stn_lib.data import bird_batch, bird_set, birds
from stn_lib.metrics.parts import part_coverage
from stn_lib.models import load_pretrained, round_weights, to_operations
from stn_lib.widgets import MoveBird
from stn_lib.widgets._noise import hash_noise
from stn_lib.widgets.move_bird import _scene
from tests.widgets.javascript import close, module
from tests.widgets.stage import Stage

BIRD = module("move_bird/bird.js")
BIRDS = [
    {"x": 10.0, "y": 20.0, "size": 1.2, "mirror": 1, "head": 0, "body": 1},
    {"x": -30.0, "y": 45.5, "size": 1.65, "mirror": -1, "head": 2, "body": 3},
    {"x": 80.0, "y": -90.0, "size": 1.4, "mirror": 1, "head": 3, "body": 2},
]
DRAW = "(m, [f, s, bird, added]) => m.drawBird(f, s, m.keepInside(f, s, bird), m.groundImage(f, s), added ?? {})"


@pytest.fixture(scope="module")
def widget():
    return MoveBird()


def inside(setting, bird):
    return _scene.keep_inside(_scene.to_scene(setting, bird))


def parts(scene):
    """Centres and extents of head and body in pixels, (1, 2, 2) both."""
    head, extents = birds.bird_parts(scene.mirror, scene.tilt, scene.size, scene.neck)
    return torch.stack([scene.body + head, scene.body], 1), extents


@pytest.mark.parametrize("bird", BIRDS)
def test_the_page_draws_the_same_bird(call, widget, bird):
    """Oracle: Python's drawing."""
    for setting in (widget.settings[0], widget.settings[3]):
        got = call(BIRD, DRAW, [widget.facts, setting, bird])
        close(got, birds.paint_birds(inside(setting, bird)), 4e-5)  # torch has the angles of the waves in float32


def test_noise_is_python_s_and_as_strong_as_in_training(call, widget):
    """Oracle: Python's noise; the standard deviation of the training images' noise."""
    got = call(module("shared/random.js"), "(m, [n, d]) => m.hashNoise(n, d)", [5000, birds.NOISE])
    close(got, hash_noise(5000, birds.NOISE), 1e-6)
    assert torch.tensor(got).std().item() == pytest.approx(birds.NOISE, rel=0.03)
    image = call(BIRD, "(m, a) => m.addNoise(Float32Array.from(a[0]), a[1])", [[0.01, 0.5, 0.99], [-0.1, 0.1, 0.1]])
    close(image, [0, 0.6, 1], 1e-6)


def test_the_birds_of_the_training_view_are_the_first_held_out_ones(widget):
    """Oracle: the images of the test set, whose noise is all that differs."""
    held_out = bird_set("test", 6)
    assert len(widget.birds) == 6
    for k, bird in enumerate(widget.birds):
        rest = birds.paint_birds(_scene.to_scene(bird, bird))[0] - held_out.images[k] / 255
        assert rest.std().item() == pytest.approx(birds.NOISE, rel=0.02) and rest.mean().abs() < 1e-3
        assert 4 * bird["head"] + bird["body"] == held_out.labels[k]


def test_a_ball_and_a_cover_are_circles_of_one_colour_or_with_a_pattern(call, widget):
    """Oracle: by hand: pixels around their middles; the strength of a pattern."""
    setting, bird = widget.settings[1], {**BIRDS[0], "x": 30.0}
    scene = inside(setting, bird)
    (hx, hy), _ = parts(scene)[0][0].tolist()

    def patch(added, x, y):
        """7 × 7 pixels around a place, red, green and blue."""
        image = torch.tensor(call(BIRD, DRAW, [widget.facts, setting, bird, added])).view(3, 192, 192)
        return image[:, int(y + 96) - 3 : int(y + 96) + 4, int(x + 96) - 3 : int(x + 96) + 4].flatten(1)

    ball = {"x": -60, "y": 50}
    plain = patch({"ball": {**ball, "pattern": None}}, -60, 50)
    close(plain, torch.tensor(setting["colours"][4])[:, None].expand(3, 49), 1e-6)
    striped = patch({"ball": {**ball, "pattern": 0}}, -60, 50)
    assert (striped - plain).std() > 0.15
    covered = patch({"covered": True}, hx, hy)
    close(covered, torch.tensor(setting["colours"][5])[:, None].expand(3, 49), 1e-6)
    assert patch({}, hx, hy).std(1).min() > 0.1


@pytest.mark.parametrize("bird", BIRDS)
def test_what_a_window_holds_and_where_a_bird_may_be(call, widget, bird):
    """Oracle: `part_coverage`, and the boxes of `stn_lib.data.birds`."""
    setting = widget.settings[2]
    centres, extents = parts(inside(setting, bird))
    assert (centres.abs() + extents).max() <= birds.SIDE / 2 - birds.MARGIN + 1e-4
    places = [[0.0, 0.0], [30.0, -40.0], [centres[0, 1, 0].item(), centres[0, 1, 1].item()]]
    got = call(
        BIRD,
        "(m, [f, s, b, at]) => at.map((one) => m.birdParts(f, s, m.keepInside(f, s, b)).map((p) => m.holds(f, one, p)))",
        [widget.facts, setting, bird, places],
    )
    theta = torch.tensor([[[[0.45, 0, x / 96], [0, 0.45, y / 96]] for x, y in places]])
    close(got, part_coverage(theta, centres / 96, extents / 96), 1e-5)


def test_probabilities_of_a_pattern_are_sums_over_classes(call):
    """Oracle: torch's sums; a class is four times the head's pattern plus the body's."""
    shares = torch.rand(4, 4, generator=torch.Generator().manual_seed(0)).double()
    got = call(BIRD, "(m, a) => m.marginals(a, 4)", shares.flatten().tolist())
    close(got, torch.stack([shares.sum(1), shares.sum(0)]), 1e-9)


@pytest.mark.parametrize("name", ["birds-cnn", "birds-st-cnn"])
@torch.no_grad()
def test_the_page_s_networks_answer_as_torch_does(call, name):
    """Oracle: torch, with the rounded weights, on held-out birds."""
    model = load_pretrained(name)
    layout, weights = to_operations(model, bits=8)
    rounded = round_weights(model)
    body = """(m, [layout, b, image]) => {
        const view = new DataView(Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer);
        const { probabilities, windows } = m.makeNetwork(layout, view)(Float32Array.from(image));
        return [probabilities, (windows ?? []).map(({ theta }) => theta), (windows ?? []).map((one) => one.straightened)];
    }"""
    for image in bird_batch(bird_set("test", 2), torch.arange(2)).images:
        data = [layout, base64.b64encode(weights).decode(), image.flatten().tolist()]
        probabilities, thetas, seen = call(module("shared/network.js"), body, data)
        close(probabilities, rounded(image[None])[0].softmax(0), 1e-4)
        if name == "birds-st-cnn":
            theta = rounded.transformer.theta(image[None])
            close(thetas, theta, 1e-4)
            close(seen, rounded.transformer.look(image[None], theta), 2e-3)


def test_work_is_done_in_steps_and_its_last_result_stays(call):
    """Oracle: by hand. A frame that began long ago has time for one step; only the first result is waited for."""
    body = """(m) => {
        const work = m.makeWork(), log = [];
        const count = (n) => function* () { for (let i = 0; i < n; i++) { log.push(n); yield; } return 10 * n; };
        const late = performance.now() - 1000;
        const frames = [];
        const frame = (n) => { const { of, result } = work(n, count(n), late); frames.push([of, result, log.length]); };
        for (const n of [3, 3, 2, 2, 4, 4, 4]) frame(n);
        return frames;
    }"""
    got = call(module("shared/work.js"), body)
    assert got == [[3, 30, 3], [3, 30, 3], [3, 30, 4], [3, 30, 5], [2, 20, 5], [2, 20, 6], [2, 20, 7]]


def test_windows_move_evenly_between_two_moments(call, widget):
    """Oracle: the record, and its mean of two moments."""
    centres = widget.runs["equal"]["centres"]
    got = call(
        module("move_bird/training.js"), "(m, c) => [0, 0.5].map((part) => m.thetasAt(c, 0.45, 8, part, 2))", centres
    )
    now, then = torch.tensor(centres[8][2]), torch.tensor(centres[9][2])
    expected = torch.stack([now, (now + then) / 2])
    close([[[theta[2], theta[5]] for theta in one] for one in got], expected, 1e-6)
    assert not torch.equal(now, then) and widget.runs["steps"][-1] == 700
    assert widget.runs["equal"]["centres"][0][0] == [[0.0, 0.0], [0.0, 0.0]]


@torch.no_grad()
def test_the_first_state_tells_the_point(widget):
    """Oracle: torch: each window holds its part, and only the ST-CNN answers both patterns."""
    scene = inside(widget.settings[widget.setting], _bird(widget))
    image, truth = _scene.paint(scene), 4 * widget.head + widget.body
    st, cnn = (round_weights(load_pretrained(name)) for name in ("birds-st-cnn", "birds-cnn"))
    assert st(image).argmax() == truth != cnn(image).argmax()
    centres, extents = parts(scene)
    held = part_coverage(st.transformer.theta(image), centres / 96, extents / 96)[0]
    assert held.diagonal().min() > 0.99 and held[0, 1] < 0.5 and held[1, 0] < 0.5
    right = "The ST-CNN answers dots on the head, which is correct, and checks on the body, which is correct."
    assert right in widget._fallback


def _bird(widget):
    mirror = -1 if widget.mirror else 1
    pose = {"x": widget.x, "y": widget.y, "size": widget.size, "mirror": mirror}
    return {**pose, "head": widget.head, "body": widget.body}


@pytest.mark.parametrize("guess", [[0, 0, 0], [0, 0, 0, 97], [0.0] * 5])
def test_other_guesses_are_refused(guess):
    with pytest.raises(traitlets.TraitError, match="expected two centres"):
        MoveBird(guess=guess)


def test_boxes_are_compared_with_the_windows_only_after_the_guess(browser, widget):
    """Oracle: by hand, from the size of the picture on the screen; a box over the body holds it."""
    with Stage(browser, widget) as stage:
        told = ".stn-found output"
        assert stage.text(told) == "" and not stage.page.locator(".stn-guessing .stn-window-1").is_visible()
        first, second = stage.page.locator(".stn-guessing .stn-handle").all()
        x, y, *rest = stage.get("guess")
        first.press("ArrowRight")
        first.press("Shift+ArrowUp")
        assert stage.get("guess") == [x + 2, y - 20, *rest]
        box, grip = stage.boxes(".stn-guessing svg")[0], second.bounding_box()
        stage.page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
        stage.page.mouse.down()
        pixel = box["width"] / birds.SIDE
        stage.page.mouse.move(box["x"] + (96 + widget.x) * pixel, box["y"] + (96 + widget.y) * pixel, steps=3)
        stage.page.mouse.up()
        assert stage.get("guess")[2:] == pytest.approx([widget.x, widget.y], abs=1)
        stage.press("Show the trained windows")
        lines = stage.texts(f"{told} span")
        assert lines[1].startswith("Your box B: ") and "100\u202f% of the body" in lines[1]
        assert "100\u202f% of the head" in lines[2] and "100\u202f% of the body" in lines[3]
        assert stage.page.locator(".stn-guessing .stn-window-1").is_visible()
        stage.press("Hide the trained windows")
        assert stage.text(told) == "" and stage.errors == []


def test_bird_and_ball_are_moved_and_changed(browser):
    """Oracle: by hand, from the size of the picture on the screen."""
    with Stage(browser, MoveBird(view="bird", x=0.0, y=20.0)) as stage:
        move, ball = (stage.page.get_by_role("slider", name=f"move the {name}") for name in ("bird", "ball"))
        assert ball.count() == 0
        for key, place in (("ArrowRight", [1, 20]), ("Shift+ArrowDown", [1, 30]), ("End", [None, 30])):
            move.press(key)
            x, y = stage.get("x", "y")
            assert y == place[1] and (x == place[0] or (key == "End" and 40 < x < 96))
        stage.page.get_by_role("radio", name="patterned").check()
        ball.press("ArrowLeft")
        assert stage.get("ball", "ball_x", "ball_y") == ["pattern", -56, -50]
        stage.page.get_by_role("radio", name="dots").nth(1).check()
        stage.press("Mirror")
        stage.press("Cover the head")
        assert stage.get("body", "mirror", "covered") == [2, True, True]
        assert stage.page.get_by_role("button", name="Mirror").get_attribute("aria-pressed") == "true"
        box = stage.boxes(".stn-board svg")[0]
        stage.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 0.6 * box["height"])
        assert stage.get("x", "y") == pytest.approx([0, 0.1 * birds.SIDE], abs=1)
        stage.page.wait_for_selector(".stn-answered[aria-busy=false]")
        assert stage.errors == []


def test_a_view_that_is_left_while_it_computes_is_not_busy_for_ever(browser):
    """Oracle: the attribute that says so. When the view is shown again, its answer is that for the new head."""
    leave = """async () => {
      const told = document.querySelector(".stn-answered");
      model.set("head", 0);
      while (told.ariaBusy !== "true") await new Promise(requestAnimationFrame);
      model.set("view", "training");
      for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
      return told.ariaBusy;
    }"""
    answer = "() => document.querySelector('.stn-st output').getAttribute('aria-label')"
    with Stage(browser, MoveBird(view="bird")) as stage:
        assert "dots on the head" in stage.page.evaluate(answer)
        assert stage.page.evaluate(leave) == "false"
        stage.page.evaluate("model.set('view', 'bird')")
        stage.page.wait_for_function(f"() => ({answer})().includes('upright stripes on the head')")


def test_the_guess_shows_the_bird_without_cover_and_ball(browser):
    """Oracle: the image of the same bird to which nothing was added; in the second view the two images differ."""
    image = "(view) => document.querySelector(`.stn-${view} canvas`).toDataURL()"
    seen = []
    for added in ({}, {"covered": True, "ball": "pattern"}):
        with Stage(browser, MoveBird(**added)) as stage:
            guess = stage.page.evaluate(image, "guessing")
            stage.page.evaluate("model.set('view', 'bird')")
            stage.settle()
            seen.append((guess, stage.page.evaluate(image, "board")))
    assert seen[0][0] == seen[1][0] and seen[0][1] != seen[1][1]


def test_a_link_to_a_step_stops_the_player_there(browser):
    """Oracle: the step of the link, half a second later; the windows of an explorable that was opened at this step."""
    windows = "() => [...document.querySelectorAll('.stn-runs .stn-sight')].map((box) => box.getAttribute('x'))"
    with Stage(browser, MoveBird(view="training", frame=7)) as stage:
        expected = stage.page.evaluate(windows)
    with Stage(browser, MoveBird(view="training")) as stage:
        stage.press("Play")
        stage.page.wait_for_function("model.get('frame') > 0")
        stage.page.evaluate("location.hash = '#move-bird?frame=7'")
        stage.page.wait_for_function("model.get('frame') === 7")
        stage.page.wait_for_timeout(500)
        assert stage.get("frame") == 7 and stage.text(".stn-play") == "Play"
        assert stage.page.evaluate(windows) == expected
