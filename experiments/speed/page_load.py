"""Measure how each page of the built book loads on a slow phone, beside a page of two other kinds of book.

A page is opened with an empty cache at 1.6 Mbit/s, with 150 ms before each answer, a processor slowed down four times and a
window of 390 × 844 pixels, from a server on this machine that gzips texts. The measurement takes

- first paint: the first contentful paint, as the browser reports it;
- first answer: the moment at which the first explorable with a drawing shows the effect of an input, which a script in the
  page makes as soon as there is a control. A page without a drawing counts its first question or table;
- shift: the cumulative layout shift, in the largest group of shifts less than a second apart;
- weight and requests: the files of the page's own host that were sent, as sent.

No other host is reached. A page that requests files of one is drawn without them, and the output names the host.
"""

import argparse
import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from experiments.catalogue import ROOT
from experiments.speed.other_books import BOOKS
from tools.browser import chromium
from tools.server import served

SITE = ROOT / "_build" / "html"
LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}  # bytes a second
SLOWDOWN = 4
WINDOW = {"width": 390, "height": 844}
WAIT_MS = 30_000
#: The most that a page may take: seconds, shift, bytes, requests.
GOALS = {"first paint": 1.2, "first answer": 2.0, "shift": 0.02, "weight": 250_000, "requests": 20}
NO_OTHER_HOST = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
WATCH = r"""(() => {
  const seen = (window.stnSeen = { paint: null, answer: null, shifts: [], done: false });
  const observe = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
    .observe({ type, buffered: true });
  observe("paint", (entry) => { if (entry.name === "first-contentful-paint") seen.paint = entry.startTime; });
  let acted = null;
  observe("layout-shift", (entry) => {
    // The browser leaves out what follows an input within half a second, if a person made it.
    if (acted === null || entry.startTime < acted || entry.startTime > acted + 500) {
      seen.shifts.push([entry.startTime, entry.value]);
    }
  });
  const CONTROLS = ["[role=slider]", "input[type=range]", "input[type=radio]:not(:checked)", ".stn-option", "td button", "button", "input"];
  let slot = null, control = null, before = null;
  const find = () => {  // a question's stand-in is no <figure>; scripts follow the first drawing, which may have started
    slot = document.querySelector(".stn-slot:has(.stn-standin > figure), .stn-slot:has(+ script)");
    if (document.readyState !== "loading") slot ??= document.querySelector(".stn-slot");
  };
  const shown = () =>
    slot.innerHTML + [...slot.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL());
  const act = () => {
    acted = performance.now();
    const bubbles = true;
    if (control.matches("input[type=range]")) {
      const old = control.value;
      control.stepUp();
      if (control.value === old) control.stepDown();
      for (const type of ["input", "change"]) control.dispatchEvent(new Event(type, { bubbles }));
    } else if (control.matches("[role=slider]")) {
      const isAtEnd = control.getAttribute("aria-valuenow") === control.getAttribute("aria-valuemax");
      const key = isAtEnd ? "ArrowLeft" : "ArrowRight";
      control.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles, cancelable: true }));
    } else control.click();
  };
  const look = () => {
    if (!slot) find();
    const widget = slot?.querySelector(".stn-widget");
    if (widget && !control) {
      control = CONTROLS.map((one) => widget.querySelector(one)).find((one) => one && !one.disabled) ?? null;
      if (control) before = shown();
    } else if (control && shown() !== before) {
      seen.answer = performance.now();
    }
    seen.done = seen.paint !== null && (seen.answer !== null || (document.readyState === "complete" && !slot));
    if (seen.done) return;
    if (control && seen.answer === null && (acted === null || performance.now() - acted > 500)) act();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();"""
Figures = dict[str, float | None]


class Visit(NamedTuple):
    """What one visit of a page measured, the sizes of its files, and the other hosts whose files it requested."""

    figures: Figures
    files: dict[str, int]
    foreign: set[str]


def layout_shift(shifts: list[tuple[float, float]]) -> float:
    """Return the cumulative layout shift of shifts (milliseconds, value): the largest sum over one group.

    A group ends when a second passes without a shift, or five seconds after its first one.

    Source: https://web.dev/articles/cls

    Example:
        >>> layout_shift([(0, 0.25), (500, 0.25), (1600, 0.125)])
        0.5
        >>> layout_shift([])
        0.0
    """
    largest = total = 0.0
    first = last = float("-inf")
    for when, value in sorted(shifts):
        if when - last >= 1000 or when - first >= 5000:
            first, total = when, 0.0
        last, total = when, total + value
        largest = max(largest, total)
    return largest


def visit(browser, base: str, page: str) -> Visit:
    """Load a page with an empty cache and return its figures.

    Raises:
        ValueError: for a page that does not answer.
    """
    from playwright.sync_api import TimeoutError as TooLong  # only a test run has playwright

    context = browser.new_context(viewport=WINDOW)
    try:
        tab, sent, foreign = context.new_page(), {}, set()
        tab.on("request", lambda request: foreign.add(_foreign(request.url, base)))
        tab.on("response", lambda response: sent.update({response.url: int(response.headers.get("content-length", 0))}))
        device = context.new_cdp_session(tab)
        device.send("Network.enable")
        device.send("Network.emulateNetworkConditions", LINE)
        device.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        tab.add_init_script(WATCH)
        tab.goto(base + page, wait_until="networkidle", timeout=WAIT_MS)
        tab.wait_for_function("() => window.stnSeen.done", timeout=WAIT_MS)  # a policy forbids other strings
        seen = tab.evaluate("window.stnSeen")
    except TooLong:
        raise ValueError(f"expected {page} to load and answer within {WAIT_MS / 1000:g} s, got no answer") from None
    finally:
        context.close()
    sent = {url.removeprefix(base): size for url, size in sent.items() if url.startswith(base)}
    figures = {
        "first paint": seen["paint"] / 1000,
        "first answer": seen["answer"] and seen["answer"] / 1000,
        "shift": layout_shift(seen["shifts"]),
        "weight": sum(sent.values()),
        "requests": len(sent),
    }
    return Visit(figures, sent, foreign - {""})


def _foreign(url: str, base: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or "" if parts.scheme in ("http", "https") and not url.startswith(base) else ""


def median(figures: list[Figures]) -> Figures:
    """Return the median of each figure; None where no visit has it.

    Example:
        >>> median([{"shift": 0.0, "first answer": None}, {"shift": 0.5, "first answer": None}])
        {'shift': 0.25, 'first answer': None}
    """
    values = {name: [one[name] for one in figures] for name in figures[0]}
    return {name: None if None in own else statistics.median(own) for name, own in values.items()}


def missed(figures: Figures) -> list[str]:
    """Return the goals that a page misses.

    Example:
        >>> missed({"first paint": 1.2, "first answer": None, "shift": 0.3, "weight": 1, "requests": 21})
        ['shift', 'requests']
    """
    return [name for name, most in GOALS.items() if figures[name] is not None and figures[name] > most]


def line(name: str, figures: Figures) -> str:
    """Return a page's line of the table."""
    answer = "–" if figures["first answer"] is None else f"{figures['first answer']:.2f} s"
    return (
        f"{name:<26}{figures['first paint']:7.2f} s {answer:>13}{figures['shift']:9.3f}"
        f"{figures['weight'] / 1000:8.0f} kB{figures['requests']:10.0f}"
    )


def main(options: argparse.Namespace) -> int:
    """Print a line for each page. Return 1 if a page of this book misses a goal.

    Raises:
        ValueError: without a built book, a browser, or the package of another book; for a page that does not answer.
    """
    check(options.books)
    with ExitStack() as stack:
        browser = stack.enter_context(chromium(NO_OTHER_HOST))
        mine, others = {}, {}
        for book in (BOOKS[name] for name in options.books if name != "this"):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            print(f"Building a page with {book.title()} …", flush=True)
            book.make(folder)
            others[book.title()] = (stack.enter_context(served(folder)), book.page)
        if "this" in options.books:
            address = stack.enter_context(served(SITE))
            mine = {path.stem: (address, f"book/{path.name}") for path in sorted((SITE / "book").glob("*.html"))}
        pages = mine | others
        visits = {name: [] for name in pages}
        for _ in range(options.rounds):  # in turns, so that a busy moment of the machine does not meet one page alone
            for name, page in pages.items():
                visits[name].append(visit(browser, *page))
    print(f"{'':<26}first paint   first answer    shift     weight  requests")
    failed = []
    for name, own in visits.items():
        figures = median([one.figures for one in own])
        print(line(name, figures))
        if hosts := sorted(set().union(*(one.foreign for one in own))):
            print(f"{'':<26}without files of {', '.join(hosts)}, which cannot be reached in this measurement")
        if name in mine and (goals := missed(figures)):
            failed.append(f"{name}: {', '.join(goals)}; its largest files: {largest(own[0].files)}")
    if os.getloadavg()[0] > (os.cpu_count() or 1):
        print("Other programs kept this machine busy, so all times are too long: repeat this when it is idle.")
    for miss in failed:
        print(f"Missed by {miss}")
    return 1 if failed else 0


def largest(files: dict[str, int]) -> str:
    """Return the names and sizes of the four largest files.

    Example:
        >>> largest({"_static/a.css?v=1": 9_800, "b.html": 120_000})
        'b.html 120 kB, a.css 10 kB'
    """
    first = sorted(files.items(), key=lambda item: -item[1])[:4]
    return ", ".join(f"{PurePosixPath(urlsplit(name).path).name} {size / 1000:.0f} kB" for name, size in first)


def check(books: tuple[str, ...]) -> None:
    """Raise ValueError for what the measurement lacks, with what to do."""
    if "this" in books and not (SITE / "index.html").is_file():
        raise ValueError(f"expected a built book in {SITE}, got none: run `make book` first")
    for name in books:
        if name != "this" and not BOOKS[name].is_installed():
            raise ValueError(
                f"expected the package {BOOKS[name].package}, of whose pages one is measured, got none: "
                f"pip install {BOOKS[name].package}, or choose --books {' '.join(one for one in books if one != name) or 'this'}"
            )
