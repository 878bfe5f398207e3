"""The birds of the explorable: those of `stn_lib.data.birds`, in a chosen pose. ``bird.js`` is the twin."""

from typing import Any

import torch
from torch import Tensor

from stn_lib.data import birds
from stn_lib.data.birds import BLOBS, CHUNK, NOISE, SEEDS, SIDE, BirdScene
from stn_lib.models.bird_networks import SCALE
from stn_lib.widgets._noise import hash_noise

SETTINGS, SETTING_SEED = 4, 11  # backgrounds, each with a bird's colours and tilt
#: What the page needs to draw a bird.
FACTS = {
    "side": SIDE, "period": birds.PERIOD, "contrast": birds.CONTRAST, "noise": NOISE, "waves": [list(weights) for weights in birds.WAVES],
    "bodyAxes": list(birds.BODY), "headRadius": birds.HEAD, "margin": birds.MARGIN, "window": SCALE, "sizes": list(birds.SIZE),
}  # fmt: skip


def settings() -> list[dict[str, Any]]:
    """The settings that the reader chooses from."""
    scenes = birds.draw_scenes(SETTINGS, generator=torch.Generator().manual_seed(SETTING_SEED))
    return [to_setting(scenes, k) for k in range(SETTINGS)]


def held_out(count: int) -> list[dict[str, Any]]:
    """The first birds of the test set: settings, with pose and patterns."""
    scenes = birds.draw_scenes(CHUNK, generator=torch.Generator().manual_seed(SEEDS["test"]))
    return [{**to_setting(scenes, k), **to_bird(scenes, k)} for k in range(count)]


def to_setting(scenes: BirdScene, k: int) -> dict[str, Any]:
    """One scene without pose and patterns, as plain numbers."""
    return {
        "tilt": _plain(scenes.tilt[k]),
        "neck": _plain(scenes.neck[k]),
        "phases": _plain(scenes.phases[:, k, 0, 0]),
        "wall": _plain(scenes.wall[k].flatten()),
        "colours": _plain(scenes.colours[k, :, :, 0, 0]),
        "blobs": _plain(torch.cat([scenes.blobs[:, :, k, 0], scenes.halves[:, :, k, 0, 0]]).T),
    }


def to_bird(scenes: BirdScene, k: int) -> dict[str, Any]:
    """The pose and the patterns of one scene."""
    head, body = divmod(scenes.labels[k].item(), len(birds.PATTERNS))
    (x, y), size = _plain(scenes.body[k]), _plain(scenes.size[k])
    return {"x": x, "y": y, "size": size, "mirror": int(scenes.mirror[k]), "head": head, "body": body}


def _plain(values: Tensor) -> Any:
    values = values.double()
    return round(values.item(), 3) if values.ndim == 0 else [_plain(value) for value in values]


def to_scene(setting: dict[str, Any], bird: dict[str, Any]) -> BirdScene:
    """One scene, of plain numbers."""
    blobs = torch.tensor(setting["blobs"]).T.view(2, 2, BLOBS, 1, 1)
    pose = (torch.tensor([float(value)]) for value in (bird["mirror"], setting["tilt"], bird["size"]))
    return BirdScene(
        *pose,
        torch.tensor([[bird["x"], bird["y"]]]),
        torch.tensor([setting["neck"]]),
        torch.tensor([bird["head"] * len(birds.PATTERNS) + bird["body"]]),
        torch.tensor(setting["phases"]).view(2, 1, 1, 1),
        torch.tensor(setting["wall"]).view(1, 3, 4, 4),
        torch.tensor(setting["colours"])[None, :, :, None, None],
        blobs[0],
        blobs[1, ..., None],
    )


def keep_inside(scene: BirdScene) -> BirdScene:
    """The same scene, with the bird's parts in the image."""
    low, high = birds.body_room(*birds.bird_parts(scene.mirror, scene.tilt, scene.size, scene.neck))
    return scene._replace(body=torch.minimum(torch.maximum(scene.body, low), high))


def paint(scene: BirdScene) -> Tensor:
    """The image (1, 3, SIDE, SIDE) with the page's noise."""
    noise = hash_noise(3 * SIDE * SIDE, NOISE).view(1, 3, SIDE, SIDE)
    return (birds.paint_birds(scene) + noise).clamp(0, 1)
