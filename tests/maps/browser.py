"""A headless Chromium with the network closed, driven over its debugging pipe: no driver, no package, no port."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE = 30.0  # seconds
# How much of the map's canvas is drawn, and in how many colours.
CANVAS = """(() => { const canvas = document.querySelector('.leaflet-overlay-pane canvas');
    const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return [pixels.filter((pixel) => pixel >>> 24).length / pixels.length, new Set(pixels).size]; })()"""


class Browser:
    """One tab. `requests` and `troubles` collect what the page asks for and what it complains about."""

    def __init__(self, profile: Path) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or "google-chrome"
        theirs_in, ours_out = self._pipe()
        ours_in, theirs_out = self._pipe()
        command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        wiring = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", wiring, "bash", *command], pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out, self._held, self._number = ours_in, ours_out, b"", 0
        self.requests: list[str] = []
        self.troubles: list[str] = []
        target = self._send("Target.createTarget", {"url": "about:blank"}, session=None)["targetId"]
        facts = {"targetId": target, "flatten": True}
        self._session = self._send("Target.attachToTarget", facts, session=None)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._send(f"{domain}.enable")

    @staticmethod
    def _pipe() -> tuple[int, int]:
        """Both ends of a pipe, out of the way of the numbers 3 and 4."""
        ends = os.pipe()
        moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in ends)
        for end in ends:
            os.close(end)
        return moved[0], moved[1]

    def _send(self, method: str, facts: dict[str, Any] | None = None, session: str | None = "own") -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": facts or {}}
        if session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._read(until)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _read(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._held:
            if not select.select([self._in], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            self._held += os.read(self._in, 1 << 20)
        text, self._held = self._held.split(b"\0", 1)
        message = json.loads(text)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, event: str | None, facts: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(facts["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            self.troubles.append(str(facts["exceptionDetails"].get("exception", facts)))
        elif event == "Runtime.consoleAPICalled" and facts["type"] in ("error", "warning", "assert"):
            self.troubles.append(str(facts["args"]))
        elif event == "Log.entryAdded" and facts["entry"]["level"] in ("error", "warning"):
            self.troubles.append(facts["entry"]["text"])

    def open(self, page: Path, width: int = 1280, height: int = 800) -> None:
        """Open a file and wait until it is drawn (or has failed)."""
        self.requests.clear()
        self.troubles.clear()
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._send("Emulation.setDeviceMetricsOverride", size)
        self._send("Page.navigate", {"url": page.as_uri()})
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def draw(self, page: Path, width: int = 1280, height: int = 800) -> None:
        """Open a sheet's page and wait until its map is drawn."""
        self.open(page, width, height)
        self.wait("document.documentElement.dataset.drawn || document.documentElement.dataset.failed")
        assert self.run("document.documentElement.dataset.failed") is None
        self.run("new Promise((ready) => requestAnimationFrame(() => requestAnimationFrame(ready)))")

    def asked(self) -> list[str]:
        """What the page asked for, but what stands in itself."""
        return [url for url in self.requests if not url.startswith(("data:", "blob:"))]

    def wait(self, condition: str) -> None:
        until = time.monotonic() + PATIENCE
        while not self._holds(condition):
            if time.monotonic() > until:
                raise TimeoutError(f"never true: {condition}; {self.troubles}")
            time.sleep(0.05)

    def _holds(self, condition: str) -> bool:
        """Whether a condition is true; a page that is just giving way to the next one answers nothing yet."""
        try:
            return bool(self.run(condition))
        except RuntimeError as trouble:
            if "navigated" in str(trouble) or "context" in str(trouble):
                return False
            raise

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        found = self._send("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"])
        return found["result"].get("value")

    def click_at(self, longitude: float, latitude: float) -> None:
        """A click at a place of the map."""
        point = self.run(
            f"(() => {{ const at = map_sheet.latLngToContainerPoint([{latitude}, {longitude}]);"
            " const box = map_sheet.getContainer().getBoundingClientRect(); return [at.x + box.x, at.y + box.y]; })()"
        )
        self.run("void map_sheet.closePopup()")
        self.click(*point)

    def picture(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self._send("Page.captureScreenshot", {"format": "png"})["data"])

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            facts = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self._send("Input.dispatchMouseEvent", facts)

    def close(self) -> None:
        try:
            self._send("Browser.close", session=None)
            self._process.wait(PATIENCE)
        finally:
            if self._process.poll() is None:
                self._process.kill()
            os.close(self._in)
            os.close(self._out)
