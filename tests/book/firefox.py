"""A system's Firefox, driven by WebDriver BiDi.

Playwright drives only its own build of Firefox, and Selenium needs geckodriver, which few systems have; Firefox itself
listens for BiDi, one JSON message after another on a WebSocket.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import websocket

MISSING = "no Firefox found, so its tests are left out: install one (Debian: apt install firefox-esr)"
KEYS = {
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}
PREFERENCES = {
    "ui.prefersReducedMotion": 1,
    # It asks Mozilla for nothing.
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}


def find() -> str | None:
    """Return the path of an installed Firefox."""
    return shutil.which("firefox") or shutil.which("firefox-esr")


class Firefox:
    """One headless Firefox with one page, 1280 by 800, and the errors in its console."""

    def __init__(self, path: str, profile: Path):
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
        (profile / "user.js").write_text("".join(lines))
        command = [path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        self.process = subprocess.Popen([*command, "about:blank"], stderr=subprocess.PIPE, text=True)
        found = (re.search(r"BiDi listening on (ws://\S+)", line) for line in self.process.stderr)
        self.socket = websocket.create_connection(
            next(filter(None, found))[1] + "/session", suppress_origin=True, timeout=60
        )
        self.asked, self.errors = 0, []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.page = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("browsingContext.setViewport", context=self.page, viewport={"width": 1280, "height": 800})

    def ask(self, method: str, **parameters) -> dict:
        """Send a command; return its result. What is told meanwhile is kept if it is an error."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.socket.recv())
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.errors.append(told["params"]["text"])
            if told.get("id") == self.asked:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['error']}: {told['message']}")
                return told["result"]

    def open(self, address: str):
        self.errors.clear()
        self.ask("browsingContext.navigate", context=self.page, url=address, wait="complete")

    def call(self, function: str, *arguments):
        """Call a JavaScript function in the page with JSON arguments; return its JSON result, awaited."""
        found = self.ask(
            "script.callFunction",
            functionDeclaration=f"async (given) => JSON.stringify(await ({function})(...JSON.parse(given))) ?? 'null'",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.page},
            awaitPromise=True,
        )
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return json.loads(found["result"]["value"])

    def press(self, key: str):
        actions = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
        self.ask("input.performActions", context=self.page, actions=[{"type": "key", "id": "keys", "actions": actions}])

    def drag(self, start: tuple[float, float], by: tuple[float, float] = (0, 0)):
        """Press the mouse button, move the mouse, release; without a distance this is a click."""
        x, y = map(round, start)
        move = {"type": "pointerMove", "x": x, "y": y}
        actions = [move, {"type": "pointerDown", "button": 0}]
        actions += [move | {"x": x + round(by[0] * k / 4), "y": y + round(by[1] * k / 4)} for k in range(1, 5)]
        mouse = {"type": "pointer", "id": "mouse", "actions": [*actions, {"type": "pointerUp", "button": 0}]}
        self.ask("input.performActions", context=self.page, actions=[mouse])

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
