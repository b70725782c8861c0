"""A loopback file server whose answers break on demand; knows nothing of longplay.

It runs in threads of the test process on a real port. What goes wrong is named by `fault` and depends on nothing else.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class FileServer:
    """Files by path, with ranges and strong tags. Faults, each until it is changed:

    `cut N` ends the connection after N bytes of an answer, `ignores ranges`, `other piece` answers with a piece from
    the start, `redirect URL`, `silent`, `status N`, `encoded`, `no length`.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.fault = ""
        self.seen: list[tuple[str, str]] = []  # path and Range of every request
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="file-server")

    @property
    def place(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FileServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                server._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.seen.append((request.path, request.headers.get("Range", "")))
        word, _, value = self.fault.partition(" ")
        if word == "silent":
            self._ended.wait()
        elif word == "redirect":
            _head(request, 302, {"Location": value, "Content-Length": "0"})
        elif word == "status":
            _head(request, int(value), {"Content-Length": "0"})
        elif request.path not in self.files:
            _head(request, 404, {"Content-Length": "0"})
        else:
            self._give(request, self.files[request.path], word, value)

    def _give(self, request: BaseHTTPRequestHandler, content: bytes, word: str, value: str) -> None:
        tag = f'"{hash(content)}"'
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        same = request.headers.get("If-Range", tag) == tag
        headers = {"ETag": tag}
        if not start or not same or (word, value) == ("ignores", "ranges"):
            status, start = 200, 0
        elif start >= len(content):
            _head(request, 416, {"Content-Length": "0"})
            return
        else:
            status, begins = 206, 0 if word == "other" else start
            headers["Content-Range"] = f"bytes {begins}-{len(content) - 1}/{len(content)}"
        if word == "encoded":
            headers["Content-Encoding"] = "gzip"
        if word != "no":
            headers["Content-Length"] = str(len(content) - start)
        _head(request, status, headers)
        end = start + int(value) if word == "cut" else len(content)
        request.wfile.write(content[start:end])


def _head(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    request.send_response(status)
    for name, value in {**headers, "Connection": "close"}.items():
        request.send_header(name, value)
    request.end_headers()
