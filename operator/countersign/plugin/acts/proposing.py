"""Sending a proposal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from countersign.api.operation import Operation
from countersign.api.risk import Risk
from countersign.errors import ApiError
from countersign.plugin import details, formats, proposals, waiting, words
from countersign.plugin.acts import repairing
from countersign.plugin.acts.repairing import Asked
from countersign.plugin.commands.proposing import Repair, Terms, Until, What
from countersign.plugin.exits import Exit, PluginError, refused
from countersign.plugin.options import Goal, Output, Where
from countersign.plugin.reading import read
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session, located, run
from countersign.ports import JsonObject


@dataclass(frozen=True)
class Wish:
    """What the command line asks for."""

    text: Sequence[str]
    what: What
    repair: Repair
    terms: Terms


@dataclass(frozen=True)
class Proposal:
    """What is sent, and to which namespace if it is not the context's."""

    body: JsonObject
    namespace: str | None


def propose(screen: Screen, where: Where, wish: Wish, until: Until, output: Output) -> None:
    """Send it, tell its name, and wait if that is wished."""
    seconds, goal = until.seconds, until.goal
    where, proposal = _prepared(where, wish, until)

    async def work(session: Session) -> None:
        made = await _made(session, proposal)
        namespace = where.namespace or made.namespace or session.namespace
        created = await send(session, namespace, made.body)
        if not until.wait:
            _tell(screen, created, output)
            return
        if not output.for_machines:
            _tell(screen, created, output)
            screen.say()
        await follow(session, created, goal, seconds, output)

    run(where, screen, work)


def _prepared(where: Where, wish: Wish, until: Until) -> tuple[Where, Proposal | Asked]:
    """What can be told before anybody is asked. Raises ``PluginError``."""
    now, repair = datetime.now(UTC), wish.repair
    _refuse_several(wish)
    if repair.playbook is None:
        if repair.step is not None or repair.anyway:
            raise refused("--step and --anyway belong to --playbook.")
        if until.others:
            raise refused(
                f"--for {until.others[0]!r}: --wait waits for planned, approved, executed or end; "
                "an incident goes with --playbook, or is given by --incident."
            )
        return where, _proposal(wish, now)
    where, name = located(where, repair.playbook)
    given = _given(wish.terms, now)
    # People write INC-42; names in Kubernetes are in small letters.
    incidents = {each.lower() for each in (*until.others, given.pop("incident")) if each}
    if len(incidents) != 1:
        raise refused(f"Say for which incident playbook {name} is to be used: --for INCIDENT.")
    incident = incidents.pop()
    asked = Asked(name, incident, repair.step, repair.anyway, wish.terms.name, given)
    return where, asked


async def _made(session: Session, proposal: Proposal | Asked) -> Proposal:
    if isinstance(proposal, Proposal):
        return proposal
    return Proposal(await repairing.body(session, proposal), session.namespace)


async def send(session: Session, namespace: str, body: JsonObject) -> JsonObject:
    """Create a request. Raises ``ApiError``.

    The API server fills in who proposes and who submits; one that cannot says what is missing.
    """
    body["metadata"]["namespace"] = namespace
    try:
        return await session.requests.create(namespace, body)
    except ApiError as error:
        missing = _left_out(body["spec"], str(error))
        if missing is None:
            raise
    body["spec"][missing] = (await session.reviews.who()).name
    return await session.requests.create(namespace, body)


def _left_out(spec: JsonObject, said: str) -> str | None:
    """The field that the API server asks one's own name for, in the admission policy's words."""
    wanted = {
        "requestedBy": "spec.requestedBy is empty",
        "submittedBy": "spec.submittedBy says who created",
    }
    return next(
        (field for field, text in wanted.items() if text in said and field not in spec), None
    )


async def follow(
    session: Session, created: JsonObject, goal: Goal, seconds: float | None, output: Output
) -> None:
    """Wait for it and show it; its end decides the exit status, and a bad one is told once."""
    request = await waiting.wait(session, read(created), goal, seconds)
    if output.for_machines:
        item = await session.requests.get(request.metadata.namespace, request.metadata.name)
        formats.write(session.screen, output.output, [item])
    if not waiting.went_well(request, goal):
        said = request.status.message or "it gives no reason."
        raise PluginError(f"{request.key} is {request.phase}: {said}", Exit.NOT_SO)
    if not output.for_machines:
        session.screen.show(details.details(request, datetime.now(UTC)))


def _tell(screen: Screen, created: JsonObject, output: Output) -> None:
    if output.for_machines:
        formats.write(screen, output.output, [created])
        return
    request = read(created)
    screen.say((request.key, "bold"), " proposed.")
    screen.tell("To look at it: ", (f"kubectl countersign show {words.at(request)}", "cyan"))


def _refuse_several(wish: Wish) -> None:
    what = wish.what
    named = (what.file, what.operation, wish.repair.playbook)
    ways = [bool(wish.text), *(each is not None for each in named)]
    if sum(ways) != 1:
        raise refused(
            "Give the action as a text, or --operation with --target, or -f FILE, or --playbook "
            "with --for INCIDENT; exactly one of them, for example: kubectl countersign propose "
            '"kubectl rollout restart deployment/web".'
        )
    if what.operation is None and (what.target or what.parameter):
        raise refused("--target and --with belong to --operation.")


def _proposal(wish: Wish, now: datetime) -> Proposal:
    what, terms = wish.what, wish.terms
    given = _given(terms, now)
    if what.file is not None:
        body = proposals.from_file(_read(what.file))
        body["spec"] = proposals.merged(body["spec"], given)
        if terms.name or not body["metadata"].keys() & {"name", "generateName"}:
            made = proposals.body_of({}, name=terms.name, operation=None)["metadata"]
            kept = {k: v for k, v in body["metadata"].items() if k != "generateName"}
            body["metadata"] = {**kept, **made}
        return Proposal(body, body["metadata"].get("namespace"))
    operation, spec = _action(wish)
    body = proposals.body_of(proposals.merged(spec, given), name=terms.name, operation=operation)
    return Proposal(body, proposals.namespace_of(operation))


def _action(wish: Wish) -> tuple[Operation, JsonObject]:
    what = wish.what
    if what.operation is None:
        text = proposals.text_of(wish.text)
        return proposals.understood(text), {"action": text}
    operation = proposals.typed(what.operation, what.target or [], what.parameter or [])
    return operation, {"operation": operation.to_json()}


def _given(terms: Terms, now: datetime) -> JsonObject:
    if terms.risk is not None and terms.risk not in list(Risk):
        raise refused(f"--risk {terms.risk!r}: write low, medium, high or critical.")
    expires = terms.expires and proposals.duration_of(terms.expires, "--expires")
    not_before = terms.not_before and proposals.time_of(terms.not_before, now, "--not-before")
    return {
        "description": terms.description,
        "riskLevel": terms.risk,
        "confidence": terms.confidence,
        "requiredSignatures": terms.signatures,
        "expiresAfter": expires,
        "notBefore": not_before,
        "incident": terms.incident,
        "serviceAccountName": terms.service_account,
        "dryRun": terms.dry_run or None,
    }


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise refused(f"The file {file} cannot be read: {why}.") from error
