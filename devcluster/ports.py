"""Free ports on the loopback interface."""

from __future__ import annotations

import random
import socket

# Below the range from which Linux and macOS take the ports of outgoing connections: one of those
# could otherwise sit on the API server's port while it is being restarted.
_FIRST, _LAST = 18_000, 29_999


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now.

    Somebody may take it before it is used. Picking at random makes that unlikely for two starts
    at once, and a start that meets it picks another port.
    """
    generator = random.SystemRandom()
    while True:
        port = generator.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
