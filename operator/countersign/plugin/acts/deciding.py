"""Signing, withdrawing, calling off."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

from countersign.api.approval_policy import DEFAULT_POLICY
from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.errors import ApiError
from countersign.plugin import formats, signing, words
from countersign.plugin.commands.deciding import Decision, Saying
from countersign.plugin.details import signatures, summary
from countersign.plugin.exits import Exit, PluginError, refused
from countersign.plugin.options import Output, Where
from countersign.plugin.reading import read
from countersign.plugin.reviews import Person
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session, located, run
from countersign.plugin.together import together
from countersign.ports import JsonObject

_REFUSALS = (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT)
_QUESTIONS = {
    Decision.APPROVE: "Sign this plan?",
    Decision.DENY: "Deny this request for good?",
    Decision.BREAK_GLASS: "Break the glass, and let your signature stand for all?",
}
_TRIES = 5
"""Of a withdrawal, whose place in the list others can move."""


def sign(
    screen: Screen, where: Where, name: str, saying: Saying, output: Output, decision: Decision
) -> None:
    """Show the plan, ask, and write one's own entry with the digest that was shown."""
    where, name = located(where, name)
    if decision is Decision.BREAK_GLASS and not (saying.message or "").strip():
        raise refused("To break the glass takes a reason: say it with -m. It is told to everybody.")

    async def work(session: Session) -> None:
        request, me = await together(session.request(name), session.reviews.who())
        digest = signing.digest_to_sign(request, me, saying.plan)
        if signing.says_so_already(request, me, decision, digest, saying.message):
            screen.tell(f"You have signed {request.key} already: {decision.written}.")
            return
        if decision is Decision.APPROVE and not (saying.message or "").strip():
            await refuse_silence(session, request)
        if not saying.yes:
            _asked(screen, request, decision)
        signed = await signed_by(session, request, me, decision, digest, saying.message)
        if output.for_machines:
            formats.write(screen, output.output, [signed])
        else:
            _tell(screen, read(signed), decision)

    run(where, screen, work)


async def refuse_silence(session: Session, request: ApprovalRequest) -> None:
    """A signature that would not count for want of a comment is not sent. ``PluginError``."""
    if all(each.name == DEFAULT_POLICY for each in request.status.policies):
        return  # Nobody else has a say, so there is nothing to ask.
    from countersign.plugin.policies import judge  # noqa: PLC0415 - slow

    judged = await judge(session, request, datetime.now(UTC))
    if judged.explanation.comment_demanded and not judged.unseen:
        raise refused(
            f"A policy demands of {request.key} that signatures say why: add -m TEXT. Without it "
            "yours would not count."
        )


async def signed_by(
    session: Session,
    request: ApprovalRequest,
    me: Person,
    decision: Decision,
    digest: str,
    comment: str | None,
) -> JsonObject:
    """Apply one's own entry; the request afterwards. Raises ``ApiError``, ``PluginError``."""
    body = signing.entry_body(request, me, decision, digest, comment)
    place, name = request.metadata.namespace, request.metadata.name
    try:
        return await session.requests.apply(place, name, body, signing.manager_of(me))
    except ApiError as error:
        if error.code not in _REFUSALS:
            raise
        # The server's own words are good, but those for this case can be better.
        now = read(await session.requests.get(place, name))
        if now.metadata.uid != request.metadata.uid:
            raise signing.replaced(request) from error
        if now.phase is Phase.PENDING:
            if now.status.plan is None or now.status.plan.digest != digest:
                raise signing.changed(request) from error
        else:
            raise refused(
                f"{request.key} has been decided meanwhile: it is {now.phase}. Nothing was signed."
            ) from error
        raise


def withdraw(screen: Screen, where: Where, name: str, output: Output) -> None:
    """Take one's own entry out."""
    where, name = located(where, name)

    async def work(session: Session) -> None:
        me = await session.reviews.who()
        after = await _withdrawn(session, name, me)
        if output.for_machines:
            formats.write(screen, output.output, [after])
        else:
            request = read(after)
            screen.say("Withdrawn: ", (request.key, "bold"), " no longer bears your signature.")

    run(where, screen, work)


async def _withdrawn(session: Session, name: str, me: Person) -> JsonObject:
    for attempt in range(1, _TRIES + 1):
        request = await session.request(name)
        patch = signing.withdrawal(request, me)
        try:
            return await session.requests.patch(session.namespace, name, patch)
        except ApiError as error:
            if not has_moved(error) or attempt == _TRIES:
                raise
    raise AssertionError("the last attempt returns or raises")


def has_moved(error: ApiError) -> bool:
    """Whether a `test` of the patch has failed: the entry stands elsewhere by now.

    The API server does not say which; all else that it refuses has words of its own.
    """
    failed = "the server rejected our request due to an error in our request"
    return error.code == HTTPStatus.UNPROCESSABLE_ENTITY and failed in str(error)


def cancel(screen: Screen, where: Where, name: str, output: Output) -> None:
    """Set spec.cancelled."""
    where, name = located(where, name)

    async def work(session: Session) -> None:
        body = {"spec": {"cancelled": True}}
        try:
            after = await session.requests.merge(session.namespace, name, body)
        except ApiError as error:
            if error.code != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            request = await session.request(name)
            if request.phase is Phase.PENDING:
                raise
            raise refused(
                f"{request.key} is {request.phase}: it has been decided, and can no longer be "
                "called off."
            ) from error
        if output.for_machines:
            formats.write(screen, output.output, [after])
        else:
            screen.say((read(after).key, "bold"), " is called off.")

    run(where, screen, work)


def _asked(screen: Screen, request: ApprovalRequest, decision: Decision) -> None:
    """Show it and get a yes; ``PluginError`` where there is none."""
    screen.show([*summary(request, datetime.now(UTC)), *signatures(request)])
    if not screen.is_terminal:
        raise refused(
            "Nobody can be asked here, for this is no terminal. Say -y if the plan has been looked "
            "at, and --plan DIGEST to sign no other."
        )
    screen.tell()
    if not screen.ask(_QUESTIONS[decision]):
        raise PluginError("Nothing was signed.", Exit.REFUSED)


def _tell(screen: Screen, request: ApprovalRequest, decision: Decision) -> None:
    if decision is Decision.DENY:
        screen.say("Denied: ", (request.key, "bold"), ".")
        return
    screen.say("Signed: ", (request.key, "bold"), ".")
    screen.tell("To see it through: ", (f"kubectl countersign wait {words.at(request)}", "cyan"))
