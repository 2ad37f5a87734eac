"""Headless Chromium for tests of pages, driven by its DevTools protocol over a pipe."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNPACKED = ROOT / "build/envs/chromium"
WAIT_SECONDS = 60


def find_browser() -> tuple[str, dict[str, str]]:
    """The program and its environment: what tools/setup.py unpacked, or the system's. Skips the test without one."""
    program = UNPACKED / "debian/usr/lib/chromium/chromium"
    if program.is_file():
        return str(program), {**os.environ, "LD_LIBRARY_PATH": (UNPACKED / "debian.libraries").read_text()}
    installed = shutil.which("chromium") or shutil.which("google-chrome")
    if installed is None:
        assert not os.environ.get("CI"), "there is no Chromium: tools/setup.py browser"
        pytest.skip("there is no Chromium: tools/setup.py browser")
    return installed, dict(os.environ)


class Browser:
    """One process of Chromium, with one page; what the page asked for and complained about since it was opened."""

    def __init__(self, profile: Path) -> None:
        program, environment = find_browser()
        command_read, self._commands = os.pipe()
        self._answers, answer_write = os.pipe()
        shell = f'exec "$0" "$@" 3<&{command_read} 4>&{answer_write}'
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"]
        self._process = subprocess.Popen(
            ["bash", "-c", shell, program, *options, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(command_read, answer_write), env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(command_read)
        os.close(answer_write)
        self._buffer = b""
        self._last_id = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.send("Performance.enable", timeDomain="threadTicks")

    def close(self) -> None:
        os.close(self._commands)
        os.close(self._answers)
        self._process.terminate()
        self._process.wait(WAIT_SECONDS)

    def send(self, method: str, **parameters) -> dict:
        """Calls a method of the protocol and waits for its answer."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._last_id:
                assert "error" not in answer, answer
                return answer["result"]

    def _read(self) -> dict:
        while b"\0" not in self._buffer:
            piece = os.read(self._answers, 1 << 20)
            assert piece, "Chromium ended"
            self._buffer += piece
        text, self._buffer = self._buffer.split(b"\0", 1)
        message = json.loads(text)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method: str | None, parameters: dict) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])

    def open(self, page: Path, *, width: int = 1200, dark: bool = False, scripts: bool = True) -> None:
        """Opens a page in a window and waits until it is loaded."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.requests.clear()
        self.complaints.clear()
        self.send("Page.navigate", url=page.as_uri())
        self.wait_for(f"location.href == {json.dumps(page.as_uri())} && document.readyState == 'complete'")

    def thread_seconds(self) -> float:
        """What the page's thread worked so far: processor time, whatever else the machine does."""
        metrics = self.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "ThreadTime")

    def evaluate(self, expression: str):
        """The value of a JavaScript expression in the page."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str):
        """Waits until an expression is true; its value."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.02)
        raise AssertionError(f"never true: {expression}")
