"""A hub on localhost: the part of its HTTP interface that a download by file needs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from vocalino.hub import Pin, PinnedFile

REPO, REVISION = "someone/tiny", "0123456789abcdef0123456789abcdef01234567"
FILES: Mapping[str, bytes] = {
    "config.json": b'{"model_type": "tiny"}',
    "model.safetensors": bytes(range(256)) * 4000,
    "speech_tokenizer/config.json": b"{}",
}
PIN = Pin(
    name="tiny",
    repo=REPO,
    revision=REVISION,
    licence="MIT",
    setting="tts_model",
    files=tuple(
        PinnedFile(path, len(data), hashlib.sha256(data).hexdigest())
        for path, data in FILES.items()
    ),
)


@dataclass
class Hub:
    """What the server holds, how it misbehaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    revision: str = REVISION
    refuses: tuple[int, str] | None = None
    """Status and `X-Error-Code` of every answer."""
    lfs: set[str] = field(default_factory=set[str])
    """Files of which it declares the SHA-256, as a real one does of large ones."""
    lies: bool = False
    """It declares those of the files that it held at first, whatever it sends."""
    breaks_after: int | None = None
    """The first body that is longer ends after so many bytes, and the connection with it."""
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Method, file and `Range` of each request."""
    endpoint: str = ""


@contextmanager
def playing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Generator[Hub]:
    """The library's hub is on localhost and its cache is `cache`, until the end."""
    hub = Hub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    template = hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # neither a token nor a list of programs is looked for outside of the test
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        close_session()  # or its connections would outlive the server
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # waited for at the end


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, *, with_body: bool) -> None:
        hub = self.hub
        repo, _, rest = self.path.lstrip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        wanted = self.headers.get("Range")
        hub.asked.append((self.command, name, wanted))
        if hub.refuses:
            return self._refuse(*hub.refuses)
        if repo != REPO:
            return self._refuse(401, "RepoNotFound")
        if revision != hub.revision:
            return self._refuse(404, "RevisionNotFound")
        if name not in hub.files:
            return self._refuse(404, "EntryNotFound")
        data = hub.files[name]
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("X-Repo-Commit", revision)
        if name in hub.lfs:
            declared = FILES[name] if hub.lies else data
            self.send_header("X-Linked-ETag", f'"{hashlib.sha256(declared).hexdigest()}"')
            self.send_header("X-Linked-Size", str(len(declared)))
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("Content-Length", str(len(data) - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if with_body:
            self._send(data[start:])

    def _send(self, body: bytes) -> None:
        hub = self.hub
        if hub.breaks_after is not None and len(body) > hub.breaks_after:
            body, hub.breaks_after = body[: hub.breaks_after], None
            self.close_connection = True
        self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()
