"""A proxy in front of an object store that breaks requests on demand and keeps a list of them."""

import http.client
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUSY = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)


@dataclass
class Fault:
    """What happens to the next `times` requests of `method` whose path contains `part`.

    busy: 503. hang: no answer. cut: the connection ends in the midst of the answer's body. cut_upload: it ends in the
    midst of the request's body. hold: it goes on when the proxy's `released` is set. echo: 403, with the request's
    headers as the message.
    """

    kind: str
    method: str
    part: str = ""
    times: int = 1
    met: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    def __str__(self):
        return f"{self.kind}-{self.method}-{self.part.replace('/', '-')}"

    def wait_until_met(self, seconds: float):
        """Waits for the first request that it happens to, at most so long."""
        self.met.wait(seconds)


class FaultProxy:
    """Listens on a free port while it is entered; `requests` are (method, path, status), 0 for those it broke off."""

    def __init__(self, upstream: str):
        self.upstream = upstream
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, int]] = []
        self.stopped = threading.Event()
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def count(self, method: str, part: str = "") -> int:
        return sum(1 for seen, path, _ in self.requests if seen == method and part in path)

    def take_fault(self, method: str, path: str) -> str:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and fault.part in path:
                    fault.times -= 1
                    fault.met.set()
                    return fault.kind
        return ""

    def _handler(proxy):  # noqa: N805  (the handler's own self is below)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                status = 0
                try:
                    status = self.answer(proxy.take_fault(self.command, self.path))
                except OSError:
                    self.close_connection = True
                finally:
                    proxy.requests.append((self.command, self.path, status))

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

            def answer(self, fault: str) -> int:
                if fault == "cut_upload":
                    self.rfile.read(20)
                    return self.break_off()
                body = self.read_body()
                if fault == "hang":
                    proxy.stopped.wait(120)
                    return self.break_off()
                if fault == "hold":
                    proxy.released.wait(120)
                if fault == "busy":
                    return self.send(503, [("Content-Type", "application/xml")], BUSY)
                if fault == "echo":
                    words = " ".join(f"{name}={value}" for name, value in self.headers.items())
                    text = f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
                    return self.send(403, [("Content-Type", "application/xml")], text.encode())
                upstream = http.client.HTTPConnection(proxy.upstream.removeprefix("http://"), timeout=60)
                try:
                    skipped = ("host", "expect", "connection", "transfer-encoding", "content-length")
                    headers = {k: v for k, v in self.headers.items() if k.lower() not in skipped}
                    upstream.request(self.command, self.path, body or None, headers)
                    answer = upstream.getresponse()
                    content = answer.read()
                finally:
                    upstream.close()
                skipped = ("connection", "transfer-encoding", "content-length", "date", "server")
                headers = [(k, v) for k, v in answer.getheaders() if k.lower() not in skipped]
                length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
                if fault == "cut":
                    self.send(answer.status, headers, content[: len(content) // 2], length)
                    return self.break_off()
                return self.send(answer.status, headers, content, length)

            def read_body(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def send(self, status, headers, content, length=None) -> int:
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", length or str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
                self.wfile.flush()
                return status

            def break_off(self) -> int:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return 0

        return Handler


def wait_for_port(port: int, seconds: float = 30) -> None:
    """Returns when something listens on the port of this machine."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
