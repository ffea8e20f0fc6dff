"""Waiting for requests, and proposing what takes them back."""

from __future__ import annotations

from countersign.plugin import formats, proposals, undoing, waiting, words
from countersign.plugin.acts.proposing import send
from countersign.plugin.commands.following import Until
from countersign.plugin.exits import Exit, PluginError
from countersign.plugin.options import Output, Where
from countersign.plugin.reading import read
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session, located, run


def wait(screen: Screen, where: Where, name: str, until: Until, output: Output) -> None:
    """Until it has come so far; what came of it decides the exit status."""
    where, name = located(where, name)
    seconds = until.seconds

    async def work(session: Session) -> None:
        request = await session.request(name)
        request = await waiting.wait(session, request, until.goal, seconds)
        if output.for_machines:
            item = await session.requests.get(session.namespace, name)
            formats.write(screen, output.output, [item])
        said = f" {request.status.message}" if request.status.message else ""
        if not waiting.went_well(request, until.goal):
            raise PluginError(f"{request.key} is {request.phase}:{said}", Exit.NOT_SO)
        if not output.for_machines:
            screen.say((request.key, "bold"), " is ", words.phase(request), f".{said}")

    run(where, screen, work)


def undo(screen: Screen, where: Where, name: str, message: str | None, output: Output) -> None:
    """Propose the reverse."""
    where, name = located(where, name)

    async def work(session: Session) -> None:
        request = await session.request(name)
        operations = undoing.reverse_of(request)
        created = []
        for operation in operations:
            spec = {
                "operation": operation.to_json(),
                "description": message or f"Takes back {request.key}.",
                "serviceAccountName": request.spec.service_account_name,
            }
            incident = {"incident": request.spec.incident}
            body = proposals.body_of(
                proposals.merged(spec, incident), name=None, operation=operation
            )
            body["metadata"]["generateName"] = f"undo-{name[:40].rstrip('-.')}-"
            created.append(await send(session, session.namespace, body))
        if output.for_machines:
            formats.write(screen, output.output, created)
            return
        for item in created:
            proposed = read(item)
            screen.say((proposed.key, "bold"), f" proposed: it takes back {request.key}.")
            screen.tell(
                "To look at it: ", (f"kubectl countersign show {words.at(proposed)}", "cyan")
            )

    run(where, screen, work)
