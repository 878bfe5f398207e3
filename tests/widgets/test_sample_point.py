"""The figure of the sample point: its formulas, its close-up and its image say the same, and terms light together."""

import pytest
import torch
import torch.nn.functional as F

from stn_lib.widgets import SamplePoint
from tests.widgets.javascript import module
from tests.widgets.stage import Stage

PADDINGS = ["zeros", "border", "reflection"]


def plain(text):
    return " ".join(text.replace("\u2212", "-").replace("\u00b7", "*").split())


def formulas(stage):
    """The three lines: name, sum and result."""
    lines = {}
    for line in stage.page.locator(".stn-formulas p").all():
        name = line.locator("b").inner_text()
        products = [plain(text) for text in line.locator(".stn-term > span").all_inner_texts()]
        lines[name] = [products, float(plain(line.locator("output").inner_text()).removeprefix("= "))]
    return lines


def test_at_first_the_formulas_are_those_of_the_chapter(browser):
    with Stage(browser, SamplePoint()) as stage:
        assert formulas(stage) == {
            "V": [["0.24 * 25", "0.36 * 36", "0.16 * 81", "0.24 * 100"], 55.92],
            "\u2202V/\u2202x": [["0.60 * (36 - 25)", "0.40 * (100 - 81)"], 14.2],
            "\u2202V/\u2202y": [["0.40 * (81 - 25)", "0.60 * (100 - 36)"], 60.8],
        }


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("x", "y"), [(1.5, 4.5), (-0.3, 1.3), (5.25, 2.4), (-0.5, 5.5), (3.7, 0.2)])
def test_outside_formulas_close_up_and_image_agree_with_torch(browser, padding, x, y):
    image = torch.arange(1.0, 17.0, dtype=torch.float64).square().view(1, 1, 4, 4)
    at = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    grid = ((2 * at - 1) / 4 - 1).view(1, 1, 1, 2)
    value = F.grid_sample(image, grid, "bilinear", padding, align_corners=False)
    slopes = torch.autograd.grad(value.sum(), at)[0].tolist()
    with Stage(browser, SamplePoint(x=x, y=y, padding=padding)) as stage:
        lines = list(formulas(stage).values())
        for (products, result), wanted in zip(lines, [value.item(), *slopes], strict=True):
            assert result == pytest.approx(wanted, abs=0.006)
            assert sum(eval(product) for product in products) == pytest.approx(wanted, abs=1.5)  # rounded weights
        # In the close-up, each neighbour has its place and, outside, the pixel that it repeats, as the image shows it.
        by_place = {}
        cells = stage.page.locator(".stn-overview-cell").all_text_contents()
        for k, text in enumerate(cells):
            by_place[k % 8 - 1, k // 8 - 1] = text
        for k, name in enumerate(stage.page.locator(".stn-name").all_text_contents()):
            place, _, origin = plain(name)[2:].partition(" = ")
            column, row = eval(place)
            shown = plain(stage.page.locator(".stn-corner + .stn-value").nth(k).text_content())
            assert shown == by_place[column, row]
            assert bool(origin) == (not (1 <= column <= 4 and 1 <= row <= 4))
            if origin.startswith("U"):
                c, r = eval(origin[1:])
                assert shown == str(int(image[0, 0, r - 1, c - 1]))
            elif origin:
                assert (origin, shown, padding) == ("0", "0", "zeros")


@pytest.mark.parametrize("padding", PADDINGS)
def test_the_nearest_pixel_outside_is_torchs(call, padding):
    """torch rounds after the padding: one half is rounded to an even number of the image, not of its outside."""
    image = torch.arange(1.0, 13.0, dtype=torch.float64).view(1, 1, 3, 4)
    shown = {"image": image.flatten().tolist(), "height": 3, "width": 4}
    for x, y in [(-1.5, 0), (4.5, 3.5), (-0.5, -1.5), (1.5, 2.5), (3.5, -0.5), (4.25, 2.75)]:
        grid = (2 * torch.tensor([x, y], dtype=torch.float64) + 1) / torch.tensor([4, 3]) - 1
        wanted = F.grid_sample(image, grid.view(1, 1, 1, 2), "nearest", padding, align_corners=False).item()
        got = call(module("sample_point/model.js"), "(m, a) => m.samplePoint(...a)", [shown, x, y, "nearest", padding])
        assert got["value"] == wanted, (x, y)
        assert [got["dx"], got["dy"]] == [0, 0]


def test_a_phone_shows_each_number_and_a_name_beside_its_equals_sign(browser):
    with Stage(browser, SamplePoint(), width=358) as stage:
        assert stage.page.locator(".stn-weight.stn-narrow").all_text_contents() == ["A0.24", "B0.36", "C0.16", "D0.24"]
        cells = stage.boxes(".stn-cell")
        values = [box for box in stage.boxes(".stn-overview-cell:not([style*=muted])")]
        for cell, value in zip(cells, values, strict=True):
            assert cell["x"] <= value["x"] + 0.5 and value["x"] + value["width"] <= cell["x"] + cell["width"] + 0.5
        for line in stage.page.locator(".stn-formulas p").all():
            name, sign = (line.locator(part).first.bounding_box() for part in ("b", ".stn-sign"))
            assert name["y"] + name["height"] == pytest.approx(sign["y"] + sign["height"], abs=3)


def lit(stage):
    stage.settle()
    nodes = stage.page.locator(".stn-lit")
    return nodes.evaluate_all("all => all.map((one) => one.dataset.term)")


def test_a_neighbour_its_area_and_its_numbers_light_together(browser):
    with Stage(browser, SamplePoint()) as stage:
        stage.page.locator(".stn-term", has_text="81").first.hover()
        # ring, area, disc and product of C; its value in both slopes
        assert lit(stage) == ["C"] * 6
        stage.page.locator(".stn-corner").nth(1).hover()
        assert lit(stage) == ["B"] * 6
        stage.page.get_by_role("slider", name="source x").focus()
        stage.page.mouse.move(0, 0)
        # the handle, alpha in the close-up, the slider, both weights of the slope along y
        assert sorted(lit(stage)) == ["alpha", "alpha", "alpha", "alpha", "alpha beta"]
        stage.page.locator(".stn-slope b").first.hover()
        assert lit(stage) == ["slope-x", "slope-x"]


def test_with_nearest_the_slopes_are_0_and_say_why(browser):
    with Stage(browser, SamplePoint(mode="nearest")) as stage:
        assert formulas(stage)["V"] == [["0.00 * 25", "1.00 * 36", "0.00 * 81", "0.00 * 100"], 36]
        assert [text.strip() for text in stage.texts(".stn-slope output")] == ["= 0.00", "= 0.00"]
        assert all("same pixel is nearest" in text for text in stage.texts(".stn-flat-slope"))
        assert not stage.page.locator(".stn-slope .stn-terms").first.is_visible()


@pytest.mark.parametrize("width", [320, 358, 688])
def test_nothing_jumps_or_overflows_while_the_point_moves(browser, width):
    with Stage(browser, SamplePoint(), width=width) as stage:
        heights = set()
        for x, y, mode in [(1, 1, "bilinear"), (4.6, 4.3, "bilinear"), (-0.4, 5.1, "nearest"), (3.9, 3.9, "nearest")]:
            for padding in PADDINGS:
                stage.page.evaluate(
                    "(values) => Object.entries(values).forEach((one) => model.set(...one))",
                    {"x": x, "y": y, "mode": mode, "padding": padding},
                )
                stage.settle()
                heights.add(stage.page.locator(".stn-frame").bounding_box()["height"])
        assert len(heights) == 1
        assert stage.page.evaluate("document.documentElement.scrollWidth") <= width
