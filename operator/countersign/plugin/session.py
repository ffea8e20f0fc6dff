"""One command's connection to the API server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from countersign.api.approval_request import ApprovalRequest
from countersign.connection import Connection
from countersign.errors import ApiError
from countersign.kubeconfig import KubeconfigError, load_place
from countersign.plugin.exits import Exit, PluginError, refused
from countersign.plugin.failures import told
from countersign.plugin.options import Where
from countersign.plugin.reading import read
from countersign.plugin.requests import MANAGER, Requests
from countersign.plugin.reviews import Reviews
from countersign.plugin.screen import Screen

_KINDS = ("approvalrequest", "approvalrequests", "approval", "approvals")
_TIMEOUT = 30.0
"""Seconds for one request."""


@dataclass(frozen=True)
class Session:
    """What a command works with. ``namespace`` is the one that was asked for, or the context's."""

    connection: Connection
    requests: Requests
    reviews: Reviews
    namespace: str
    screen: Screen

    async def request(self, name: str) -> ApprovalRequest:
        """Read one request. Raises ``ApiError``, ``PluginError``."""
        return read(await self.requests.get(self.namespace, name))


def located(where: Where, name: str) -> tuple[Where, str]:
    """A request as people paste it: ``web``, ``shop/web``, or what ``-o name`` has printed.

    ``PluginError`` where ``-n`` says another namespace than the name.
    """
    before, slash, own = name.rpartition("/")
    if not slash or before.partition(".")[0] in _KINDS:
        return where, own
    if where.namespace not in (None, before):
        raise refused(f"{name} is in namespace {before}, and -n says {where.namespace}.")
    return replace(where, namespace=before), own


def run(where: Where, screen: Screen, work: Callable[[Session], Awaitable[None]]) -> None:
    """Connect, do the work, disconnect; every failure is a ``PluginError``."""
    try:
        asyncio.run(_run(where, screen, work))
    except KeyboardInterrupt:
        raise PluginError("Interrupted.", Exit.INTERRUPTED) from None


async def _run(where: Where, screen: Screen, work: Callable[[Session], Awaitable[None]]) -> None:
    try:
        place = await load_place(where.kubeconfig, where.context)
        connection = Connection(place.configuration, timeout=_TIMEOUT, name=MANAGER)
    except KubeconfigError as error:
        raise PluginError(str(error), Exit.UNREACHABLE) from error
    except OSError as error:  # A certificate that is not one.
        text = "The certificates that the kubeconfig names cannot be read. Does kubectl work?"
        raise PluginError(text, Exit.UNREACHABLE) from error
    session = Session(
        connection,
        Requests(connection),
        Reviews(connection),
        where.namespace or place.namespace,
        screen,
    )
    try:
        await work(session)
    except ApiError as error:
        raise told(error, place.configuration.host) from error
    finally:
        await connection.close()
        await asyncio.sleep(0)  # A connection that was broken off is told so in the next round.
