"""Making a namespace ready for actions."""

from __future__ import annotations

from collections.abc import Sequence

from countersign.cluster.urls import url_of
from countersign.connection import Call
from countersign.errors import ApiError
from countersign.plugin import accounts, formats
from countersign.plugin.accounts import Applied
from countersign.plugin.exits import refused
from countersign.plugin.options import Format, Where
from countersign.plugin.requests import MANAGER
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session, run
from countersign.policy.abilities import Ability
from countersign.ports import PatchForm


def setup(screen: Screen, where: Where, allow: Sequence[str], *, only_print: bool) -> None:
    """Apply the account and its bindings, or print them."""
    abilities = accounts.abilities_of(allow)
    if only_print and where.namespace:
        _print(screen, where.namespace, abilities)
        return

    async def work(session: Session) -> None:
        if only_print:
            _print(screen, session.namespace, abilities)
            return
        for each in accounts.objects(session.namespace, abilities):
            screen.say(await _applied(session, each))
        for ability in abilities:
            meaning = accounts.MEANINGS[ability]
            screen.tell(f"Actions in namespace {session.namespace} may now {meaning}.")

    run(where, screen, work)


async def _applied(session: Session, wanted: Applied) -> str:
    """Server-side apply; what became of it. Nothing of somebody else's is overwritten."""
    url = url_of(wanted.path)
    query = (("fieldManager", MANAGER),)
    try:
        after = await session.connection.request(
            Call("PATCH", url, wanted.body, PatchForm.APPLY, query=query)
        )
    except ApiError as error:
        if not error.conflict:
            raise
        live = await session.connection.request(Call("GET", url))
        if "subjects" in wanted.body and not accounts.binds_as_well(live, wanted.body):
            raise refused(
                f"{formats.named(live)} is there already and binds something else. Look at it, and "
                "delete it or bind the role under another name (--print shows how)."
            ) from error
        return f"{formats.named(wanted.body)} was there already"
    return f"{formats.named(after)} applied"


def _print(screen: Screen, namespace: str, abilities: Sequence[Ability]) -> None:
    bodies = [each.body for each in accounts.objects(namespace, abilities)]
    formats.write(screen, Format.YAML, bodies)
