"""Take the README's screenshot of the cover: `python tools/readme_image.py`, after `make book`."""

from pathlib import Path

from browser import chromium

ROOT = Path(__file__).resolve().parents[1]
COVER = ROOT / "_build" / "html" / "book" / "index.html"
IMAGE = ROOT / "book" / "_static" / "readme.png"
READY = "[...document.querySelectorAll('.stn-slot')].every((slot) => 'stnReady' in slot.dataset)"
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1180, "height": 900}, color_scheme="light")
        page.goto(COVER.as_uri())
        page.wait_for_function(READY)
        page.evaluate(f"document.fonts.ready.then(() => {TWO_FRAMES})")
        page.screenshot(path=IMAGE, clip={"x": 0, "y": 0, "width": 960, "height": 900})
    print(f"{IMAGE}: {IMAGE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
