#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""odd_server.py PORT FILE: a server of one file that does, by the first part of the path, what servers should not do.

Prints that part for each request."""

import http.server
import pathlib
import re
import socket
import sys
import threading

CONTENT = pathlib.Path(sys.argv[2]).read_bytes()
requests = {}
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def range(self, first, last, body=None, total=len(CONTENT), **headers):
        body = CONTENT[first : last + 1] if body is None else body
        fields = {"Content-Range": f"bytes {first}-{last}/{total}", "ETag": '"one"'} | headers
        self.answer(206, fields, body)

    def cut(self, first, last, count):
        """Announces the range, sends `count` bytes of it, and closes the connection."""
        self.range(first, last, CONTENT[first : first + count], **{"Content-Length": str(last - first + 1)})
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def do_GET(self):
        kind = self.path.split("/")[1]
        with lock:
            turn = requests[kind] = requests.get(kind, 0) + 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        print(kind, flush=True)
        first, last = (int(asked[1]), min(int(asked[2]), len(CONTENT) - 1)) if asked else (0, len(CONTENT) - 1)
        getattr(self, "serve_" + kind.replace("-", "_"), self.serve_unknown)(first, last, turn)

    def serve_unknown(self, *_):
        self.answer(404, {})

    def serve_sound(self, first, last, _):
        self.range(first, last)

    def serve_whole(self, *_):
        self.answer(200, {}, CONTENT)

    def serve_endless(self, *_):
        """The whole file without ranges, of a size that nobody may read."""
        self.answer(200, {"Content-Length": str(1 << 40)}, b"x" * 1000)
        self.close_connection = True

    def serve_no_size(self, first, last, _):
        self.range(first, last, total="*")

    def serve_other_range(self, first, last, _):
        self.range(first + 1, last)

    def serve_no_range_said(self, first, last, _):
        self.answer(206, {}, CONTENT[first : last + 1])

    def serve_too_much(self, first, last, _):
        self.range(first, last, CONTENT[first : last + 1] + b"more")

    def serve_packed(self, first, last, _):
        self.range(first, last, **{"Content-Encoding": "gzip"})

    def serve_cut_always(self, first, last, _):
        self.cut(first, last, 10)

    def serve_cut_once(self, first, last, turn):
        self.cut(first, last, 1000) if turn % 3 != 0 else self.range(first, last)

    def serve_reset(self, first, last, turn):
        if turn % 3 == 0:
            return self.range(first, last)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close_connection = True

    def serve_busy(self, first, last, turn):
        self.range(first, last) if turn % 3 == 0 else self.answer(503, {})

    def serve_busy_always(self, *_):
        self.answer(503, {})

    def serve_changes(self, first, last, turn):
        self.range(first, last, ETag='"one"' if turn == 1 else '"two"')

    serve_changes_paged = serve_changes  # a kind counts its own turns

    def serve_changes_as_asked(self, first, last, turn):
        """As If-Range wants it: the whole of the new file."""
        self.range(first, last) if turn == 1 else self.answer(200, {"ETag": '"two"'}, CONTENT)

    def serve_grows(self, first, last, turn):
        self.range(first, last, total=len(CONTENT) + turn)

    def serve_shrinks(self, first, last, turn):
        self.range(first, last) if turn == 1 else self.answer(416, {"Content-Range": "bytes */10"})

    def serve_loop(self, *_):
        self.answer(302, {"Location": "/loop/again"})

    def serve_redirect(self, *_):
        self.answer(302, {"Location": "/sound/file"})

    def serve_elsewhere(self, *_):
        self.answer(302, {"Location": "file:///etc/hostname"})

    def serve_expires(self, first, last, turn):
        self.answer(302, {"Location": f"/signed/{turn}"})

    def serve_signed(self, first, last, turn):
        """Each address is good for one request."""
        with lock:
            given = requests["expires"]
        fresh = self.path == f"/signed/{given}" and self.path not in requests
        with lock:
            requests[self.path] = 1
        self.range(first, last) if fresh else self.answer(403, {})

    def serve_secret(self, first, last, _):
        import base64

        wanted = "Basic " + base64.b64encode(b"me:pass word").decode()
        self.range(first, last) if self.headers.get("Authorization") == wanted else self.answer(401, {})

    def serve_unversioned(self, first, last, _):
        self.answer(206, {"Content-Range": f"bytes {first}-{last}/{len(CONTENT)}"}, CONTENT[first : last + 1])

    def serve_silent(self, *_):
        """Nothing, until the other side goes."""
        self.connection.recv(1)
        self.close_connection = True

    def serve_silent_later(self, first, last, turn):
        self.range(first, last) if turn == 1 else self.serve_silent()

    serve_waits_later = serve_silent_later

    def serve_cut_later(self, first, last, turn):
        self.range(first, last) if turn == 1 else self.cut(first, last, 10)

    def serve_stalls(self, first, last, _):
        self.range(first, last, CONTENT[first : first + 10], **{"Content-Length": str(last - first + 1)})
        self.wfile.flush()
        self.connection.recv(1)
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
