"""A mail server that takes what it is given, as RFC 5321 wants it, and keeps it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


@contextmanager
def mailbox() -> Iterator[tuple[int, list[EmailMessage]]]:
    """Listen for the length of a block; give the port and the mails that came."""
    mails: list[EmailMessage] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 mailbox")
            for line in self.rfile:
                verb = line.split(b":")[0].strip().upper()[:4]
                if verb == b"DATA":
                    self._say("354 go on")
                    mails.append(message_from_bytes(b"".join(self._lines()), policy=policy.default))  # type: ignore[arg-type]
                    self._say("250 kept")
                elif verb == b"QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 mailbox")

        def _lines(self) -> Iterator[bytes]:
            for line in self.rfile:
                if line == b".\r\n":
                    return
                yield line.removeprefix(b".") if line.startswith(b"..") else line

        def _say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield server.server_address[1], mails
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
