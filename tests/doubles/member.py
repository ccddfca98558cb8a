"""A member without Kafka: a process that answers as a worker does, and ends as it is told.

`python member.py PORT DEED JOURNAL`: the deed is `exit CODE` (at once, before it has come up),
`serve` (until SIGTERM) or `deaf` (which takes no notice of that). While it serves, `/exit/CODE`
ends it, and after `/sicken` it says that it is not alive. The journal takes a line each SIGHUP.
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

COUNTED = '# TYPE leadgate_signals_total counter\nleadgate_signals_total{signal="hot"} 5\n'


class Pages(BaseHTTPRequestHandler):
    """What it answers."""

    sick = False

    def do_GET(self) -> None:
        match self.path.split("/")[1:]:
            case ["exit", code]:
                os._exit(int(code))
            case ["sicken"]:
                Pages.sick = True
        self.send_response(503 if Pages.sick and self.path == "/livez" else 200)
        body = COUNTED.encode() if self.path == "/metrics" else b"{}"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main(port: str, deed: str, journal: str) -> None:
    """Do the deed."""

    def look_again(*_: Any) -> None:
        with Path(journal).open("a") as file:
            file.write("looked again\n")

    def end(*_: Any) -> None:
        if deed != "deaf":
            sys.exit(0)

    match deed.split():
        case ["exit", code]:
            sys.exit(int(code))
    signal.signal(signal.SIGHUP, look_again)
    signal.signal(signal.SIGTERM, end)
    HTTPServer(("127.0.0.1", int(port)), Pages).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
