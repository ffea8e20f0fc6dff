"""Making a namespace ready for actions."""

from __future__ import annotations

from collections.abc import Sequence

from countersign.cluster.urls import url_of
from countersign.connection import Call
from countersign.plugin import accounts, formats
from countersign.plugin.options import Format, Where
from countersign.plugin.requests import MANAGER
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session, run
from countersign.ports import PatchForm


def setup(screen: Screen, where: Where, allow: Sequence[str], *, only_print: bool) -> None:
    """Apply the account and its bindings, or print them."""
    roles = accounts.roles_of(allow)
    if only_print and where.namespace:
        _print(screen, where.namespace, roles)
        return

    async def work(session: Session) -> None:
        if only_print:
            _print(screen, session.namespace, roles)
            return
        applied = accounts.objects(session.namespace, roles)
        query = (("fieldManager", MANAGER),)
        for each in applied:
            call = Call("PATCH", url_of(each.path), each.body, PatchForm.APPLY, query=query)
            after = await session.connection.request(call)
            screen.say(formats.named(after), " applied")
        for role in roles:
            screen.tell(f"Actions in namespace {session.namespace} may now {accounts.ROLES[role]}.")

    run(where, screen, work)


def _print(screen: Screen, namespace: str, roles: Sequence[str]) -> None:
    bodies = [each.body for each in accounts.objects(namespace, roles)]
    formats.write(screen, Format.YAML, bodies)
