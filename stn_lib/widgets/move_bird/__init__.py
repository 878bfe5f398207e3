"""The explorable of chapter 11: two windows that learnt by themselves to look at the head and the body of a bird."""

import html

import torch
import traitlets
from torch.nn import functional as F

from stn_lib import results
from stn_lib.data.birds import PARTS, PATTERNS, SIDE, SIZE
from stn_lib.metrics.parts import part_coverage
from stn_lib.models import load_pretrained, round_weights
from stn_lib.widgets._base import Explorable, figure, ink_svg
from stn_lib.widgets._networks import NetworkPair, pair_traits
from stn_lib.widgets.move_bird import _scene

BITS = 8  # of a weight in the page
_NAMES = {"cnn": "birds-cnn", "st_cnn": "birds-st-cnn"}
_ROWS = {"cnn": "CNN, shrunk image", "st_cnn": "two windows"}  # of the record
_STARTS = {"stacked": "two windows", "equal": "equal starts"}


class MoveBird(NetworkPair, Explorable):
    """Guess where two windows look; then move a bird, and a CNN and an ST-CNN of the same cost classify it in the page.

    Convention: (x, y) is the centre of the bird's body in pixels from the middle of the image, right and down. The page moves
    a bird that would leave the image back into it.

    The networks have 8 bits for each weight; `stn_lib/results/birds_page.json` says how often that changes an answer
    (``python -m experiments birds page report``).

    Args:
        view: ``"guess"``, the reader's boxes; ``"bird"``, the networks' windows; ``"training"``, the windows on six held-out
            birds during training.
        setting: which of four backgrounds, with the bird's colours and its tilt, counted from 0.
        x, y, size, mirror: the bird's place; the size is from 1.2 to 1.65.
        head, body: the patterns, counted from 0.
        ball: ``"none"``, ``"plain"`` or ``"pattern"``: a ball as large as the head.
        ball_x, ball_y: its centre, as (x, y).
        covered: whether the head is covered.
        guess: the centres (x, y) of the reader's two boxes, one after the other.
        shown: whether the guess is compared with the windows.
        start: ``"stacked"`` or ``"equal"``: where the windows of the recorded training started.
        frame: of the recorded moments of training, counted from 0.

    Raises:
        TraitError: a value out of its range.

    Example:
        >>> MoveBird(head=2).head
        2

    Chapter: 11
    """

    WORDS = {
        "title": "Nobody says where head and body are. Where will two windows look?",
        "view": "View",
        "views": [["guess", "Your guess"], ["bird", "Move the bird"], ["training", "Training"]],
        "image": "A bird with two patterns",
        "windowsOn": "The image and the two windows",
        "task": "The class of a bird is the pattern of its head together with that of its body: 4 × 4 classes. In training, the "
        "ST-CNN is given images and classes, and nothing about where head and body are. It sees the image through two windows of "
        "this size.",
        "ask": "Where will the windows look after training? Move boxes A and B there.",
        "box": "Box {name}",
        "boxes": ["A", "B"],
        "placed": "{x} pixels {across} and {y} pixels {down} from the middle",
        "across": ["left", "right"],
        "down": ["up", "down"],
        "show": "Show the trained windows",
        "hide": "Hide the trained windows",
        "held": "{name}: {head}\u202f% of the head, {body}\u202f% of the body.",
        "yours": "Your box {name}",
        "window": "Window {name}",
        "windows": ["1", "2"],
        "found": "The class alone was enough: windows that show both patterns make fewer errors.",
        "sees": ["window 1", "window 2", "shrunk image"],
        "seesLong": {
            "1": "What window 1 of the ST-CNN sees, 64 by 64 samples",
            "2": "What window 2 of the ST-CNN sees, 64 by 64 samples",
            "shrunk": "What the CNN sees: the whole image, shrunk to 64 by 64 pixels",
        },
        "move": "move the bird",
        "moveBall": "move the ball",
        "names": {"cnn": "CNN", "st": "ST-CNN"},
        "parts": ["head", "body"],
        "patterns": ["upright stripes", "level stripes", "dots", "checks"],
        "right": "both correct ✓",
        "half": "{part} wrong ✗",
        "wrong": "both wrong ✗",
        "said": "The {name} answers {head} on the head, which is {headState}, and {body} on the body, which is {bodyState}.",
        "states": {"right": "correct", "wrong": "wrong"},
        "signs": {"right": "✓", "wrong": "✗"},
        "share": "{pattern}: {percent}\u202f%",
        "percent": "{percent}\u202f%",
        "headPattern": "Head",
        "bodyPattern": "Body",
        "size": "size",
        "times": "{value} ×",
        "mirror": "Mirror",
        "cover": "Cover the head",
        "ball": "Ball",
        "balls": [["none", "none"], ["plain", "plain"], ["pattern", "patterned"]],
        "random": "Another bird",
        "rates": "Wrong on {n} other birds: CNN {cnn}\u00a0%, ST-CNN {st}\u00a0%. Both take as many multiply-adds.",
        "training": "Six test birds, and the two windows",
        "start": "Both windows start",
        "starts": [["stacked", "one above the other"], ["equal", "at the same place"]],
        "step": "training step",
        "of": "{step} of {steps}",
        "play": "Play",
        "pause": "Pause",
        "back": "Back",
        "next": "Next",
        "scored": "Step {step} of {steps}: the ST-CNN classifies {right} of these {count} birds correctly.",
        "card": "Bird {number} of {count} with the two windows",
        "classified": {"right": "correct ✓", "wrong": "wrong ✗"},
        "borders": "Window 1 has a solid border, window 2 a dashed one.",
        "try": {
            "guess": "Place both boxes first, then show the trained windows: what does each of them hold?",
            "bird": "Cover the head, then add a patterned ball: by what does window 1 find its place?",
            "training": "Press Play. Then let both windows start at the same place: which one moves to the head?",
        },
    }
    view = traitlets.Enum(["guess", "bird", "training"], "guess").tag(sync=True)
    setting = traitlets.Int(0, min=0, max=_scene.SETTINGS - 1).tag(sync=True)
    x = traitlets.Float(18.0, min=-SIDE / 2, max=SIDE / 2).tag(sync=True)
    y = traitlets.Float(40.0, min=-SIDE / 2, max=SIDE / 2).tag(sync=True)
    size = traitlets.Float(1.5, min=SIZE[0], max=SIZE[1]).tag(sync=True)
    mirror = traitlets.Bool(False).tag(sync=True)
    head = traitlets.Int(2, min=0, max=len(PATTERNS) - 1).tag(sync=True)
    body = traitlets.Int(3, min=0, max=len(PATTERNS) - 1).tag(sync=True)
    ball = traitlets.Enum(["none", "plain", "pattern"], "none").tag(sync=True)
    ball_x = traitlets.Float(-55.0, min=-SIDE / 2, max=SIDE / 2).tag(sync=True)
    ball_y = traitlets.Float(-50.0, min=-SIDE / 2, max=SIDE / 2).tag(sync=True)
    covered = traitlets.Bool(False).tag(sync=True)
    guess = traitlets.List([-48.0, -40.0, -48.0, 48.0]).tag(sync=True)
    shown = traitlets.Bool(False).tag(sync=True)
    start = traitlets.Enum(list(_STARTS), "stacked").tag(sync=True)
    frame = traitlets.Int(0, min=0).tag(sync=True)
    facts = traitlets.Dict().tag(sync=True)
    settings = traitlets.List().tag(sync=True)
    birds = traitlets.List().tag(sync=True)
    runs = traitlets.Dict().tag(sync=True)
    rates = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits):
        record = results.read("birds_page")
        rows = {row["network"]: row for row in record["runs"]}
        first = rows["two windows"]["windows"]
        super().__init__(
            facts=_scene.FACTS,
            settings=_scene.settings(),
            birds=_scene.held_out(len(first[0]["answers"])),
            runs={
                "steps": [frame["step"] for frame in first],
                **{start: _moments(rows[name]["windows"]) for start, name in _STARTS.items()},
            },
            rates={
                **{key: rows[name]["in_8_bits"]["error_percent"] for key, name in _ROWS.items()},
                "n": rows["two windows"]["n"],
            },
            **pair_traits({key: load_pretrained(name) for key, name in _NAMES.items()}, BITS),
            **traits,
        )  # fmt: skip

    @traitlets.validate("guess")
    def _valid_guess(self, proposal):
        values = proposal["value"]
        if len(values) != 4 or not all(abs(value) <= SIDE / 2 for value in values):
            raise traitlets.TraitError(
                f"expected two centres (x, y), four numbers from {-SIDE / 2:g} to {SIDE / 2:g}, got {values}"
            )
        return values

    @torch.no_grad()
    def fallback(self) -> str:
        """The bird with the two windows, and both networks' answers."""
        bird = {"x": self.x, "y": self.y, "size": self.size, "mirror": -1 if self.mirror else 1, "head": self.head}
        scene = _scene.keep_inside(_scene.to_scene(self.settings[self.setting], {**bird, "body": self.body}))
        image = _scene.paint(scene)
        networks = {key: round_weights(load_pretrained(name), BITS) for key, name in _NAMES.items()}
        theta = networks["st_cnn"].transformer.theta(image)
        boxes = "".join(
            f'<rect x="{SIDE / 2 * (x - across + 1):.1f}" y="{SIDE / 2 * (y - down + 1):.1f}" width="{SIDE * across:.1f}" '
            f'height="{SIDE * down:.1f}" style="fill:none;stroke:var(--stn-grid);stroke-width:2{dashes}"/>'
            for ((across, _, x), (_, down, y)), dashes in zip(
                theta[0].tolist(), ("", ";stroke-dasharray:6 4"), strict=True
            )
        )
        grey = F.avg_pool2d(_scene.birds.paint_birds(scene).mean(1, keepdim=True), 3)[0, 0]
        svg = (
            f'<svg viewBox="0 0 {SIDE} {SIDE}" width="384" role="img" aria-label="{html.escape(self.words["windowsOn"])}">'
            f'<rect width="{SIDE}" height="{SIDE}" style="fill:var(--stn-surface)"/>'
            f'<g transform="scale(3)" style="fill:var(--stn-ink)">{ink_svg(grey, 5)}</g>{boxes}</svg>'
        )
        told = [self._told(networks[key](image)[0], name) for key, name in (("cnn", "cnn"), ("st_cnn", "st"))]
        return figure(svg, f"{self._held(theta, scene)} {' '.join(told)} With JavaScript you can move the bird.")

    def _held(self, theta, scene) -> str:
        """What each window holds, in words."""
        head, extents = _scene.birds.bird_parts(scene.mirror, scene.tilt, scene.size, scene.neck)
        centres = torch.stack([scene.body + head, scene.body], 1)
        shares = 100 * part_coverage(theta, centres / (SIDE / 2), extents / (SIDE / 2))[0]
        return " ".join(
            self.words["held"].format(
                name=self.words["window"].format(name=name),
                **{part: f"{share:.0f}" for part, share in zip(PARTS, row, strict=True)},
            )
            for name, row in zip(self.words["windows"], shares.tolist(), strict=True)
        )

    def _told(self, logits, name: str) -> str:
        """A network's answer, in words."""
        joint = logits.softmax(0).view(len(PATTERNS), len(PATTERNS))
        answers = {"head": joint.sum(1).argmax().item(), "body": joint.sum(0).argmax().item()}
        values = {part: self.words["patterns"][answer] for part, answer in answers.items()}
        for part, answer in answers.items():
            values[f"{part}State"] = self.words["states"]["right" if answer == getattr(self, part) else "wrong"]
        return self.words["said"].format(name=self.words["names"][name], **values)


def _moments(windows: list[dict]) -> dict:
    """The windows' centres and the answers, moment by moment."""
    centres = [
        [[[round(value, 3) for value in centre] for centre in one] for one in frame["centres"]] for frame in windows
    ]
    return {"centres": centres, "answers": [frame["answers"] for frame in windows]}
