"""The explorable of chapter 6: its descent against stn_lib, torch and scipy, in a real browser, and what it says and shows."""

import math
import re

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch.nn import functional as F

from stn_lib import transforms
from stn_lib.grid import affine_grid
from stn_lib.registration import register
from stn_lib.sampling import linearized_sample
from stn_lib.widgets import AlignImage
from tests.widgets.javascript import close, module
from tests.widgets.stage import Stage as Alone

SOURCE = module("align_image/descent.js", "align_image/pair.js", "align_image/landscape.js", "shared/numerics.js")
# Off the lattice: on a pixel the derivative is one-sided, and rounding would decide which side.
THETA = [0.93, -0.31, 0.137, 0.27, 1.08, -0.211]
PAIR = "const pair = m.makePair(a.moving, a.fixed, a.height, a.width);"
LOSS = (
    "(m, a) => {"
    + PAIR
    + """
    const out = new Float64Array(a.moving.length), gradient = new Float64Array(6);
    const loss = m.lossAndGradient(pair, a.theta, a.sampler, { out, gradient, noise: a.noise });
    return { loss, out, gradient };
}"""
)
RUN = """(m, a) => {
    const pairs = new Map();
    const pairAt = (sigma) => {
        if (!pairs.has(sigma)) pairs.set(sigma, m.makePair(m.gaussianBlur(a.moving, a.height, a.width, sigma), m.gaussianBlur(a.fixed, a.height, a.width, sigma), a.height, a.width));
        return pairs.get(sigma);
    };
    const run = m.makeDescent({ pairAt, start: a.start, move: a.move, sampler: a.sampler, blurs: a.blurs, steps: a.steps,
        noise: a.noise ? (k) => a.noise[k] : m.makeNoise(a.height, a.width) });
    while (!run.advance(() => true));
    return { ...run, end: m.outcome(run, { ...a, goal: a.goal ?? null }) };
}"""


def rand(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def images(height=12, width=17):
    """Two smooth images that go on to their borders, and one is a little to the side of the other."""
    wide = torch.from_numpy(ndimage.gaussian_filter(rand(height + 4, width + 4).numpy(), 1.5))
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    return wide[1 : height + 1, 3 : width + 3].clone(), wide[2 : height + 2, 2 : width + 2].clone()


def request(moving, fixed, **more):
    height, width = moving.shape
    return {
        "moving": moving.flatten().tolist(),
        "fixed": fixed.flatten().tolist(),
        "height": height,
        "width": width,
    } | more


def six(theta):
    return torch.tensor(theta, dtype=torch.float64).view(1, 2, 3)


def torchs(moving, fixed, theta, mode="bilinear"):
    """V, the loss and its gradient by torch alone."""
    theta = six(theta).requires_grad_()
    read = F.grid_sample(
        moving[None, None], F.affine_grid(theta, (1, 1, *fixed.shape), False), mode, align_corners=False
    )
    loss = F.mse_loss(read[0, 0], fixed)
    return read[0, 0].detach(), loss.item(), torch.autograd.grad(loss, theta)[0]


@pytest.mark.parametrize("shape", [(12, 12), (12, 17), (9, 5)])
@pytest.mark.parametrize("theta", [THETA, [1.3, 0.2, -0.41, -0.1, 0.6, 0.83]])
def test_loss_and_gradient(call, shape, theta):
    """Oracle: torch's grid_sample and autograd."""
    moving, fixed = images(*shape)
    got = call(SOURCE, LOSS, request(moving, fixed, theta=theta, sampler="bilinear"))
    read, loss, gradient = torchs(moving, fixed, theta)
    close(got["out"], read, 1e-12)
    close(got["loss"], loss, 1e-12)
    close(got["gradient"], gradient, 1e-12)


def test_nearest_samples_as_torch_and_has_no_gradient(call):
    moving, fixed = images()
    got = call(SOURCE, LOSS, request(moving, fixed, theta=THETA, sampler="nearest"))
    read, loss, gradient = torchs(moving, fixed, THETA, "nearest")
    close(got["out"], read, 1e-12)
    close(got["loss"], loss, 1e-12)
    assert got["gradient"] == [0] * 6 == gradient.flatten().tolist()


@pytest.mark.parametrize("theta", [THETA, [1.9, 0.3, 0.6, -0.2, 2.1, -0.7]])
def test_the_linearised_gradient(call, theta):
    """Oracle: the library's sampler, given the same auxiliary points."""
    moving, fixed = images()
    noise = torch.randn(8, 1, 12, 17, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    got = call(SOURCE, LOSS, request(moving, fixed, theta=theta, sampler="linearized", noise=noise.flatten().tolist()))
    leaf = six(theta).requires_grad_()
    draw = torch.Generator().manual_seed(5)
    read = linearized_sample(moving[None, None], affine_grid(leaf, (1, 1, 12, 17)), 2.0, generator=draw)
    loss = F.mse_loss(read[0, 0], fixed)
    close(got["loss"], loss.item(), 1e-12)
    close(got["gradient"], torch.autograd.grad(loss, leaf)[0], 1e-10)


@pytest.mark.parametrize("sigma", [0, 0.7, 2.0, 4.0])
def test_a_blur_is_scipys(call, sigma):
    image = rand(9, 14)
    got = call(SOURCE, "(m, a) => m.gaussianBlur(...a)", [image.flatten().tolist(), 9, 14, sigma])
    expected = ndimage.gaussian_filter(image.numpy(), sigma, mode="constant", truncate=4.0) if sigma else image
    close(got, expected, 1e-12)


@pytest.mark.parametrize("move", ["translation", "affine"])
@pytest.mark.parametrize("blurs", [[0], [1.5], [4, 2, 1, 0]])
@pytest.mark.parametrize("shape", [(16, 16), (12, 17)])
def test_the_whole_path(call, move, blurs, shape):
    """Oracle: the library's registration."""
    moving, fixed = images(*shape)
    got = call(
        SOURCE,
        RUN,
        request(moving, fixed, start=THETA, move=move, sampler="bilinear", blurs=blurs, steps=61),
    )
    path = register(moving[None, None], fixed[None, None], six(THETA), move=move, blurs=blurs, steps=61)
    close(got["thetas"], path.theta, 1e-9)
    close(got["losses"], path.loss, 1e-9)
    assert not np.allclose(got["thetas"][-6:], THETA, atol=0.05)


def test_the_linearised_path(call):
    """Oracle: the library's registration, with the auxiliary points that its generator draws."""
    moving, fixed = images()
    draw = torch.Generator().manual_seed(7)
    noise = [torch.randn(8, 1, 12, 17, 2, generator=draw, dtype=torch.float64).flatten().tolist() for _ in range(13)]
    given = {"start": THETA, "move": "affine", "sampler": "linearized", "blurs": [0], "steps": 12, "noise": noise}
    got = call(SOURCE, RUN, request(moving, fixed, **given))
    again = torch.Generator().manual_seed(7)
    path = register(moving[None, None], fixed[None, None], six(THETA), sampler="linearized", steps=12, generator=again)
    close(got["thetas"], path.theta, 1e-9)
    close(got["losses"], path.loss, 1e-9)


def test_the_first_step_is_as_long_as_the_rate_says(call):
    """Oracle: by hand: with its bias corrected, Adam's first step is the rate, .02, against the sign of each slope."""
    moving, fixed = images()
    given = request(moving, fixed, start=THETA, move="affine", sampler="bilinear", blurs=[0], steps=1)
    got = call(SOURCE, RUN, given)
    _, _, gradient = torchs(moving, fixed, THETA)
    assert gradient.abs().min() > 1e-4
    close(np.subtract(got["thetas"][6:], THETA), -0.02 * gradient.sign(), 1e-5)


def test_rounding_never_moves(call):
    moving, fixed = images()
    given = request(moving, fixed, start=THETA, move="affine", sampler="nearest", blurs=[4, 2, 1, 0], steps=20)
    got = call(SOURCE, RUN, given)
    assert got["thetas"] == THETA * 21
    assert got["end"] == "rounded"


@pytest.mark.parametrize("sampler", ["bilinear", "linearized"])
def test_background_alone_has_no_gradient_at_all(call, sampler):
    """A small square, and a window outside of it; far outside for the linearised sampler, whose points reach further."""
    moving = torch.zeros(20, 20)
    moving[8:12, 8:12] = 1
    start = [1, 0, 8.0 if sampler == "linearized" else 1.7, 0, 1, 0.1]
    given = request(moving, moving, start=start, move="affine", sampler=sampler, blurs=[0], steps=5, goal=THETA)
    got = call(SOURCE, RUN, given)
    assert got["thetas"] == start * 6
    assert got["gradients"] == [0] * 36
    assert got["end"] == "blank"


@pytest.mark.parametrize("sampler", ["bilinear", "nearest"])
@pytest.mark.parametrize(("every", "reach_x", "reach_y"), [(1, 7, 5), (2, 6, 4)])
def test_the_landscape(call, sampler, every, reach_x, reach_y):
    """Oracle: torch's loss at every shift; content in the middle only, so that the shortcuts have something to skip."""
    moving, fixed = images()
    moving[:2], moving[-3:], moving[:, :3], moving[:, -1:] = 0, 0, 0, 0
    body = "(m, a) => {" + PAIR + "return m.landscape(pair, a.theta, a.sampler, ...a.reach); }"
    got = call(SOURCE, body, request(moving, fixed, theta=THETA, sampler=sampler, reach=[reach_x, reach_y, every]))
    shifts = [
        (2 * every * i / 17, 2 * every * j / 12)
        for j in range(-reach_y, reach_y + 1)
        for i in range(-reach_x, reach_x + 1)
    ]
    thetas = six(THETA).repeat(len(shifts), 1, 1)
    thetas[:, :, 2] = torch.tensor(shifts, dtype=torch.float64)
    grid = F.affine_grid(thetas, (len(shifts), 1, 12, 17), False)
    read = F.grid_sample(moving.expand(len(shifts), 1, 12, 17), grid, sampler, align_corners=False)
    wanted = (read[:, 0] - fixed).square().mean((1, 2))
    close(got, wanted, 1e-12)


def test_the_distance_is_that_of_the_corners_in_pixels(call):
    goal = [1.1, 0.2, -0.3, -0.1, 0.9, 0.4]
    corners = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]).double()[None]
    off = (transforms.apply(six(THETA), corners) - transforms.apply(six(goal), corners)) * torch.tensor([17, 12]) / 2
    got = call(SOURCE, "(m, a) => m.distance(...a)", [THETA, goal, 12, 17])
    assert got == pytest.approx(off.norm(dim=-1).mean().item())


def test_the_start_is_rotated_in_pixels(call):
    """Oracle: by hand: in pixels, a rotation of the window keeps lengths, and has the given angle."""
    theta = call(SOURCE, "(m, a) => m.startTheta(...a)", [[1, 0, 0, 0, 1, 0], 35, 0.2, -0.1, 12, 17])
    pixel = transforms.theta_to_pixel(six(theta), (12, 17))[0, :, :2]
    c, n = math.cos(math.radians(35)), math.sin(math.radians(35))
    close(pixel, [[c, -n], [n, c]], 1e-12)
    assert (theta[2], theta[5]) == (0.2, -0.1)
    base = [1.2, 0.3, 9, -0.4, 0.8, 9]
    turned = call(SOURCE, "(m, a) => m.startTheta(...a)", [base, 35, 0.2, -0.1, 12, 17])
    close(six(turned)[0, :, :2], six(theta)[0, :, :2] @ six(base)[0, :, :2], 1e-12)


def test_the_numbers_are_normal_and_the_same_each_time(call):
    body = "(m, a) => [m.makeNormals(1, 4000).normals, m.makeNormals(1, 4000).normals, m.makeNormals(2, 4000).normals]"
    one, again, other = call(SOURCE, body, [])
    assert one == again != other
    assert stats.kstest(one, "norm").pvalue > 0.01
    steps = call(SOURCE, "(m, a) => { const noise = m.makeNoise(5, 6); return [0, 1, 400].map(noise); }", [])
    assert [len(step) for step in steps] == [2 * 8 * 5 * 6] * 3
    assert steps[0] != steps[1] != steps[2]


def test_a_contour_lies_where_the_image_crosses_the_level(call):
    """Oracle: by hand: round a cone the line of height 1 - r / 6 is the circle of radius r."""
    row, column = np.mgrid[:15, :15]
    cone = 1 - np.hypot(row - 7, column - 7) / 6
    points = call(SOURCE, "(m, a) => m.contour(...a)", [cone.ravel().tolist(), 15, 15, 0.4])
    points = np.array(points).reshape(-1, 2, 2)
    close(np.hypot(*(points - 7).T), np.full(points.shape[1::-1], 3.6), 0.03)
    # A closed line: every end is the beginning of another piece.
    ends = sorted(map(tuple, points.reshape(-1, 2).round(9).tolist()))
    assert ends[::2] == ends[1::2]
    # An image that goes on to its border is closed there by the rim of zeros.
    rim = call(SOURCE, "(m, a) => m.contour(...a)", [[1.0] * 12, 3, 4, 0.5, 1])
    ends = sorted(map(tuple, np.array(rim).reshape(-1, 2).round(9).tolist()))
    assert ends[::2] == ends[1::2] and len(ends) == 2 * 2 * (3 + 4)


# What the explorable says about itself, in its first state and in the line below it.
STORIES = [
    ({}, "arrived"),
    ({"x": 0.3}, "valley"),
    ({"x": 0.3, "blur": "coarse"}, "arrived"),
    ({"x": 0.3, "sampler": "linearized"}, "arrived"),
    ({"sampler": "nearest"}, "rounded"),
    ({"x": -1.5}, "blank"),
    ({"move": "translation"}, "held"),
    ({"steps": 20}, "under way"),
]


@pytest.mark.parametrize(("state", "end"), STORIES)
def test_the_stories_are_true(call, state, end):
    widget = AlignImage(**state)
    given = {
        name: getattr(widget, name)
        for name in ("moving", "fixed", "height", "width", "goal", "move", "sampler", "steps")
    }
    start = [1, 0, widget.x, 0, 1, widget.y]
    blurs = [4, 2, 1, 0] if widget.blur == "coarse" else [int(widget.blur)]
    got = call(SOURCE, RUN, given | {"start": start, "blurs": blurs})
    assert got["end"] == end
    assert end in widget.words["ends"]


def test_the_goal_of_the_digit_makes_both_images_equal():
    """Oracle: torch samples the moving image at the goal."""
    widget = AlignImage()
    moving, fixed = (torch.tensor(v, dtype=torch.float64).view(40, 40) for v in (widget.moving, widget.fixed))
    at_goal, at_start = (torchs(moving, fixed, theta)[1] for theta in (widget.goal, widget.start))
    assert at_goal < 0.02 * at_start


class Stage(Alone):
    """The widget alone on a page."""

    def __init__(self, browser, widget, address="", **options):
        super().__init__(browser, widget, address, width=760, **options)

    def settle(self):
        super().settle()
        self.page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")

    def get(self, *names):
        self.settle()
        return [self.page.evaluate("(name) => window.model.get(name)", name) for name in names]


ASKED = ("x", "y", "rotation", "sampler", "blur", "move", "step")


def test_it_steps_plays_and_rewinds(browser):
    with Stage(browser, AlignImage(steps=12)) as stage:
        press = lambda name: stage.page.get_by_role("button", name=name).click()  # noqa: E731
        press("One step")
        press("One step")
        assert stage.get("step") == [2]
        press("Rewind")
        assert stage.get("step") == [0]
        press("Play")
        stage.page.wait_for_function("() => window.model.get('step') === 12")
        assert stage.text(".stn-play") == "Play"
        press("Play")  # at the end it begins anew
        stage.page.wait_for_function("() => window.model.get('step') < 12")
        stage.page.wait_for_function("() => window.model.get('step') === 12")
        assert stage.errors == []


def test_who_wants_no_motion_sees_the_end_at_once(browser):
    with Stage(browser, AlignImage(), reduced_motion="reduce") as stage:
        stage.page.get_by_role("button", name="Play").click()
        assert stage.get("step") == [120]


def test_the_ring_sets_the_start_by_keyboard_and_by_mouse(browser):
    with Stage(browser, AlignImage(step=30)) as stage:
        ring = stage.page.get_by_role("slider", name="start of the window")
        ring.focus()
        for _ in range(6):
            stage.page.keyboard.press("ArrowRight")
        assert stage.get("x", "y", "step") == [0.3, 0, 0]
        assert ring.get_attribute("aria-valuetext") == "start at x 0.30, y 0.00"
        assert stage.text(".stn-told").endswith("Guess, then press Play.")
        stage.page.evaluate("() => window.model.set('step', 60)")
        stage.settle()
        assert stage.text(".stn-told").startswith("Step 60 of 120: ")
        stage.page.evaluate("() => window.model.set('step', 120)")
        stage.settle()
        assert stage.text(".stn-told").startswith("Stuck")
        box = ring.locator(".stn-knob").bounding_box()
        assert min(box["width"], box["height"]) >= 24
        stage.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        stage.page.mouse.down()
        stage.page.mouse.move(box["x"] - 2000, box["y"], steps=3)
        stage.page.mouse.up()
        assert stage.get("x") == [-1.75]
        stage.page.evaluate("() => window.model.set('step', 120)")
        stage.settle()
        assert "background alone" in stage.text(".stn-told")
        stage.page.get_by_role("button", name="Reset").click()
        assert stage.get("x", "y", "step") == [0, 0, 30]


def test_nothing_of_the_path_is_seen_before_it_is_walked(browser):
    """Oracle: by hand: a path has a point for each step so far; the curve of the loss, too."""
    count = "(path) => (path.getAttribute('d').match(/[ML]/g) ?? []).length"
    with Stage(browser, AlignImage()) as stage:
        for step in (0, 1, 57, 120):
            stage.page.evaluate("(step) => window.model.set('step', step)", step)
            stage.settle()
            paths = stage.page.locator(".stn-walked, .stn-curve").all()
            assert len(paths) == 3 and {path.evaluate(count) for path in paths} == {step + 1}


def test_a_guess_is_compared_with_the_end_and_forgotten_when_the_start_moves(browser):
    """Oracle: the stories above: it arrives; from x = 0.3 it gets stuck; with nearest sampling it stays."""
    with Stage(browser, AlignImage()) as stage:
        guess = lambda name: stage.page.get_by_role("radio", name=name).check(force=True)  # noqa: E731
        checked = stage.page.locator(".stn-guess :checked")
        for change, name, told in (
            ({}, "it arrives", "You guessed it."),
            ({"x": 0.3}, "it arrives", "You guessed: it arrives."),
            ({"sampler": "nearest"}, "it stays", "You guessed it."),
        ):
            for trait, value in change.items():
                stage.page.evaluate("(values) => window.model.set(...values)", [trait, value])
            stage.page.evaluate("() => window.model.set('step', 0)")
            stage.settle()
            assert checked.count() == 0
            guess(name)
            assert stage.text(".stn-told") == f"Your guess: {name}. Press Play."
            stage.page.evaluate("() => window.model.set('step', 120)")
            stage.settle()
            assert stage.text(".stn-told").endswith(told)
        stage.press("Reset")
        assert checked.count() == 0
        stage.page.evaluate("() => window.model.set('step', 120)")
        stage.settle()
        assert "guessed" not in stage.text(".stn-told")


@pytest.mark.parametrize("step", [0, 9])
def test_the_formula_has_the_numbers_of_the_step(browser, step):
    """Oracle: torch's Adam and autograd: the shifts before and after the next step, and the slopes between them."""
    shown = AlignImage(start=THETA, step=step)
    moving, fixed = (torch.tensor(v, dtype=torch.float64).view(40, 40) for v in (shown.moving, shown.fixed))
    leaf = six(shown.start).requires_grad_()
    adam = torch.optim.Adam([leaf], lr=0.02)
    for _ in range(step + 1):
        before = leaf.detach().clone()
        grid = F.affine_grid(leaf, (1, 1, 40, 40), False)
        adam.zero_grad()
        F.mse_loss(F.grid_sample(moving[None, None], grid, align_corners=False)[0, 0], fixed).backward()
        adam.step()
    with Stage(browser, shown) as stage:
        texts = [text.strip("()").replace("\u2212", "-") for text in stage.texts(".stn-sum b")]
        for row, (after, now, rate, direction, slope) in enumerate([map(float, texts[:5]), map(float, texts[5:])]):
            assert [after, now, slope] == pytest.approx(
                [v[0, row, 2].item() for v in (leaf, before, leaf.grad)], abs=6e-4
            )
            assert now - rate * direction == pytest.approx(after, abs=12e-4)
        across, up = (-float(texts[k]) for k in (3, 8))
        x, y, _, _, tip_x, tip_y, *_ = map(
            float, re.findall(r"[^MLZ ]+", stage.page.locator(".stn-arrow").get_attribute("d"))
        )
        arrow = np.array([tip_x - x, tip_y - y]) / math.hypot(tip_x - x, tip_y - y)
        assert arrow == pytest.approx(np.array([across, up]) / math.hypot(across, up), abs=0.02)


def test_a_term_of_the_formula_lights_what_it_names(browser):
    """Oracle: by hand: theta with the window and its point on the map, the gradient with the arrow, the step's slider."""
    with Stage(browser, AlignImage()) as stage:
        lit = lambda: {  # noqa: E731
            name.split(" ")[0]
            for name in stage.page.locator(".stn-lit").evaluate_all("(all) => all.map((n) => n.getAttribute('class'))")
        }
        stage.page.get_by_role("slider", name="step", exact=True).focus()
        assert lit() == {"stn-slider", "stn-button", "stn-next", "stn-term-name"}
        stage.page.locator(".stn-sum b.stn-slope").first.hover()
        assert lit() == {"stn-arrow", "stn-slope", "stn-direction", "stn-term-name"}
        stage.page.locator(".stn-sum b.stn-now").first.hover()
        assert {"stn-sixes", "stn-now", "stn-lit"} <= lit()


@pytest.mark.parametrize("sampler", ["bilinear", "linearized"])
def test_images_that_are_not_square_and_have_no_known_goal(browser, sampler):
    moving, fixed = images()
    with Stage(browser, AlignImage(moving, fixed, sampler=sampler, steps=40, step=40)) as stage:
        assert "40 steps" in stage.text(".stn-told") and "{" not in stage.text(".stn-told")
        assert stage.text(".stn-left") == "" and stage.page.locator(".stn-guess").count() == 0
        assert stage.errors == []


def test_it_hears_nothing_any_more_once_it_is_gone(browser):
    with Stage(browser, AlignImage()) as stage:
        assert stage.page.evaluate("() => window.model.heard()") == 13
        stage.page.evaluate("() => { window.dispose(); window.model.set('step', 3); }")
        assert stage.page.evaluate("() => window.model.heard()") == 0
        assert stage.errors == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"moving": np.zeros((8, 8))}, "both images or none, got moving alone"),
        (
            {"moving": np.zeros((1, 8, 8)), "fixed": np.zeros((8, 8))},
            r"moving image \(H, W\).* got shape \(1, 8, 8\)",
        ),
        ({"moving": np.zeros((8, 8)), "fixed": np.zeros((8, 65))}, "fixed image .* 4 to 64 pixels a side"),
        ({"moving": np.zeros((8, 8)), "fixed": np.zeros((8, 9))}, r"one shape, got \(8, 8\) and \(8, 9\)"),
        ({"moving": np.zeros((8, 8)), "fixed": np.full((8, 8), 255)}, "values from 0 to 1, got 255 to 255"),
        ({"moving": np.zeros((8, 8)), "fixed": np.full((8, 8), np.nan)}, "values from 0 to 1, got nan"),
        ({"start": [1, 0, 0, 1]}, "six finite numbers for start"),
        ({"start": [1, 0, 2, 0, 1, 0]}, "at most 1.75 along x and y, got 2.0, 0.0"),
        ({"goal": [1, 0, 0, 0, 1, float("nan")]}, "six finite numbers for goal"),
        ({"steps": 0}, "expected 1 to 400 steps, got 0"),
        ({"steps": 401}, "expected 1 to 400 steps, got 401"),
    ],
)
def test_wrong_requests_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        AlignImage(**arguments)


def test_unknown_names_are_refused():
    for name in ("sampler", "blur", "move"):
        with pytest.raises(Exception, match="bicubic"):
            AlignImage(**{name: "bicubic"})


def test_it_leaves_an_image_with_a_name():
    text = AlignImage(start=[0.5, 0, 0.25, 0, 0.5, 0])._fallback
    assert "<svg" in text and 'role="img"' in text and "aria-label" in text and "<figcaption>" in text
    # By hand: half the side, a quarter to the right, of 40 pixels: from 15 to 35, and from 10 to 30.
    assert "15.00,10.00 35.00,10.00 35.00,30.00 15.00,30.00" in text


def test_the_ring_marks_the_start():
    widget = AlignImage(start=[0.9, 0.1, 0.2, -0.1, 0.9, -0.3])
    assert (widget.x, widget.y) == (0.2, -0.3)
    assert AlignImage(*np.zeros((2, 5, 6))).goal == []
