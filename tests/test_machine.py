"""The drawing of the whole machine: numbers worked by hand, one part highlighted, readable at two widths."""

import re

import pytest

from stn_lib.machine import PARTS, machine
from tests.conftest import ROOT

PARTS_OR_NONE = [None, *PARTS]


def drawings(lit=None):
    """The wide and the narrow SVG."""
    return re.findall(r"<svg.*?</svg>", machine(lit).data, re.S)


def test_plotting_offers_it():
    from stn_lib import plotting

    assert plotting.machine is machine


@pytest.mark.parametrize("lit", PARTS_OR_NONE)
def test_the_text_alternative_names_every_step_and_the_highlighted_part(lit):
    name = re.search(r'role="img" aria-label="([^"]+)"', machine(lit).data)[1]
    for step in ("localisation network", "θ", "grid generator", "sampling grid G", "sampler", "output V", "gradient"):
        assert step in name
    assert ("This chapter is about" in name) == (lit is not None)
    if lit:
        assert name.endswith(f"This chapter is about {PARTS[lit]}.")


@pytest.mark.parametrize("lit", ["Grid", "affine_grid", "", 3])
def test_an_unknown_part_is_refused_with_the_known_ones(lit):
    with pytest.raises(ValueError, match=r"expected lit to be None or one of localization, theta, grid, sampler"):
        machine(lit)


@pytest.mark.parametrize("lit", [part for part in PARTS if part != "theta"])
def test_one_network_is_highlighted_in_both_layouts(lit):
    """Oracle: the thickness of frames in the SVG."""
    for svg in drawings(lit):
        thick = re.findall(r'rx="10" style="fill:([^"]*?);stroke:[^"]*;stroke-width:2.5"', svg)
        assert len(thick) == 1 and thick[0].startswith("color-mix")


def test_theta_is_highlighted_by_its_brackets_and_nothing_else_is():
    for svg in drawings("theta"):
        assert svg.count("stroke-width:2.5") == 1 and svg.count("color-mix") == 1


def test_without_a_part_all_concepts_have_their_colours_and_nothing_is_muted():
    for svg in drawings():
        for name in ("source", "target", "theta", "grid", "gradient", "answer"):
            assert f"var(--stn-{name}, #" in svg
        assert "--stn-muted" not in svg and "color-mix" not in svg


@pytest.mark.parametrize("lit", PARTS_OR_NONE)
def test_every_arrow_has_its_way_back(lit):
    """Eight arrows forward, eight of the gradient, which are dashed."""
    for svg in drawings(lit):
        assert svg.count("stroke-dasharray") == 8
        assert len(re.findall(r"stroke-linejoin:round", svg)) == 16


def test_theta_is_the_one_that_undoes_the_rotation_the_scale_and_the_shift():
    """By hand: .85 · cos 30° · 28/42 = .49, .85 · sin 30° · 28/42 = .28, 3/21 = .14, 2/21 = .10."""
    for svg in drawings():
        assert re.findall(r">(−?\d\.\d\d)<", svg) == ["0.49", "0.28", "0.14", "−0.28", "0.49", "0.10"]


def test_it_is_the_same_at_each_call_and_has_no_ids():
    assert machine("grid").data == machine("grid").data
    assert " id=" not in machine().data


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("width", "shown"), [(720, "wide"), (640, "wide"), (639, "narrow"), (340, "narrow"), (288, "narrow")]
)
def test_letters_have_at_least_11_px_and_no_text_touches_another(browser, width, shown, theme):
    """Oracle: the boxes that a browser gives to the texts."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    sheet = (ROOT / "book" / "_static" / "stn.css").read_text(encoding="utf-8")
    page.set_content(
        f'<!doctype html><html data-theme="{theme}"><style>{sheet}</style><body style="margin:0">'
        f'<div class="bd-article" style="padding:0">{machine("grid").data}</div>'
    )
    seen = page.locator(".stn-machine svg:visible")
    assert seen.count() == 1 and seen.get_attribute("class") == f"stn-machine-{shown}"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    scale = page.evaluate("(() => { const m = [...document.querySelectorAll('.stn-machine svg')]"
                          ".find((s) => s.checkVisibility()).getScreenCTM(); return m.a; })()")  # fmt: skip
    sizes = [float(size) * scale for size in re.findall(r"font-size:([\d.]+)px", drawings()[shown == "narrow"])]
    assert min(sizes) >= 11
    boxes = seen.locator("text").evaluate_all(
        "texts => texts.map(t => { const b = t.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert all(left >= -0.5 and right <= width + 0.5 for left, _, right, _ in boxes)
    for k, a in enumerate(boxes):
        for b in boxes[k + 1 :]:
            across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert across <= 1 or down <= 4, "letters have room above and below in their boxes"
    page.close()
