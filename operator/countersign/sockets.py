"""The sockets of a pool of connections, so that none outlives the pool.

aiohttp forgets a connection once it closes it. But TLS's farewell waits for the other side, half a
minute if it must, and asyncio forgets a connection that is called off before its TLS has begun:
either stays open beyond the end of the loop.
"""

from __future__ import annotations

import asyncio
import socket
import weakref
from contextlib import suppress
from typing import Any

_TURNS = 20
"""Turns of the loop in which a transport sees the end of its socket and closes; it needs four."""


class Sockets:
    """Those that were opened by ``open`` and are still in use."""

    def __init__(self) -> None:
        self._all: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def open(self, address: tuple[Any, ...]) -> socket.socket:
        """A new one for an address of ``getaddrinfo``'s form: aiohttp's ``socket_factory``."""
        family, kind, protocol, *_ = address
        opened = socket.socket(family, kind, protocol)
        self._all.add(opened)
        return opened

    async def end(self) -> None:
        """Hang up on all, without a farewell: their transports close within a few turns."""
        for each in self._still_open():
            with suppress(OSError):  # It is not connected yet, or any more.
                each.shutdown(socket.SHUT_RDWR)
        for _ in range(_TURNS):
            if not self._still_open():
                return
            await asyncio.sleep(0)

    def _still_open(self) -> list[socket.socket]:
        return [each for each in self._all if each.fileno() != -1]
