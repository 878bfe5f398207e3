"""What the tests of large archives share: an empty cache, and a server that sends well or badly."""

import http.server
import re
import threading

import pooch
import pytest

from stn_lib.data import cub, download, svhn


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """An empty cache, no STN_DATA, and nobody who sends anything."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    for module in (cub, svhn):
        monkeypatch.setattr(module, "ADDRESS", "http://127.0.0.1:9/")
    monkeypatch.delenv("STN_DATA", raising=False)
    return tmp_path / "cache" / "stn_lib"


@pytest.fixture
def server(monkeypatch):
    """A server on this machine that sends `data` in a way; it returns the ranges that were asked for."""
    asked = []

    def serve(data, way="ranges"):
        class Server(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                asked.append(self.headers["Range"])
                start = int(re.search(r"\d+", asked[-1] or "0")[0]) if way != "whole" else 0
                rest = data[start:]
                self.send_response(206 if start else 404 if way == "missing" else 200)
                self.send_header("Content-Length", str(len(rest) * (2 if way == "cut" else 1)))
                self.end_headers()
                self.wfile.write(rest[: len(rest) // 2] if way == "cut" else rest)

        made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(made)
        for module in (cub, svhn):
            monkeypatch.setattr(module, "ADDRESS", f"http://127.0.0.1:{made.server_port}/")
        asked.clear()
        return asked

    servers = []
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "TIMEOUT", 2.0)
    monkeypatch.setattr(download, "_PIECE", 1000)
    yield serve
    for made in servers:
        made.shutdown()
        made.server_close()


@pytest.fixture
def assert_hash_is_checked():
    """Check that an archive is refused if a bit of it is changed, and if its last byte is missing."""

    def check(file, load):
        good = file.read_bytes()
        for data, said in ((good[:-9] + bytes([good[-9] ^ 1]) + good[-8:], "damaged"), (good[:-1], "cut short")):
            file.write_bytes(data)
            with pytest.raises(ValueError, match=f"with the SHA-256 .* got another file .*{said}"):
                load()

    return check
