"""Photographs the cover for the README: `python -m tests.picture`, after `make book`."""

from tests.browser import chromium
from tests.conftest import ROOT, SITE

PICTURE = ROOT / "book" / "_static" / "readme.png"


def main() -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1180, "height": 900}, color_scheme="light")
        page.goto((SITE / "book" / "index.html").as_uri())
        page.wait_for_function(
            "[...document.querySelectorAll('.stn-slot')].every((slot) => 'stnReady' in slot.dataset)"
        )
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURE, clip={"x": 0, "y": 0, "width": 960, "height": 900})
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
