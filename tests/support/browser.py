"""A real browser without a screen, driven through its own debugging protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import websocket

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 60.0

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


class Page:
    """One page of the browser."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket, self._asked = socket, 0
        self.said: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **arguments: object) -> dict:
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": arguments}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._asked:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def open(self, file: Path) -> None:
        self.ask("Page.navigate", url=file.resolve().as_uri())
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> object:
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def until(self, script: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < end, f"never came true: {script}"
            time.sleep(0.02)

    def choose(self, selector: str, value: str) -> None:
        self.run(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}); box.value = {json.dumps(value)};"
            " for (const kind of ['input', 'change']) box.dispatchEvent(new Event(kind, {bubbles: true})); })()"
        )

    def press(self, key: str, code: int = 0) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def _note(self, event: dict) -> None:
        """Keep what the page complained of and what it tried to fetch."""
        method, told = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.said.append(told["exceptionDetails"].get("text", "") + str(told["exceptionDetails"].get("exception")))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.said.append(told["entry"]["text"])
        elif method == "Network.requestWillBeSent" and told["request"]["url"].startswith("http"):
            self.said.append(f"asked for {told['request']['url']}")


@contextmanager
def browser(width: int = 1280, height: int = 900, downloads: Path | None = None) -> Iterator[Page]:
    """A page of a fresh browser, which is gone afterwards."""
    assert CHROMIUM is not None
    # Its own children may still write there when it is gone.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"),
            *("--remote-debugging-port=0", "--remote-allow-origins=*", f"--user-data-dir={profile}"),
            *(f"--window-size={width},{height}", "about:blank"),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(profile) / "DevToolsActivePort")
            with urlopen(f"http://127.0.0.1:{port}/json") as told:
                address = next(each for each in json.load(told) if each["type"] == "page")["webSocketDebuggerUrl"]
            socket = websocket.create_connection(address, timeout=PATIENCE)
            page = Page(socket)
            if downloads is not None:
                page.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
            yield page
            socket.close()
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:  # on a machine that is busy
                process.kill()
                process.wait()


def _port(file: Path) -> str:
    end = time.monotonic() + PATIENCE
    while not file.is_file() or not file.read_text().strip():
        assert time.monotonic() < end, "the browser did not start"
        time.sleep(0.05)
    return file.read_text().split()[0]
