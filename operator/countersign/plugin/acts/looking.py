"""Reading and showing requests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import partial

from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.cluster.urls import url_of
from countersign.connection import Call
from countersign.errors import ApiError
from countersign.plugin import explaining, formats, signing, tables
from countersign.plugin.commands.looking import Choice, Past
from countersign.plugin.details import details, timeline
from countersign.plugin.exits import refused
from countersign.plugin.explaining import You
from countersign.plugin.linked import linked
from countersign.plugin.options import Format, Output, Scope, Where
from countersign.plugin.policies import judge, lacks_somebody, policies_in_sight
from countersign.plugin.reading import read, readable
from countersign.plugin.reviews import Person, Tier
from countersign.plugin.screen import Screen, line
from countersign.plugin.session import Session, located, run
from countersign.plugin.together import together
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.decide import current_plan
from countersign.policy.quorum import not_for
from countersign.ports import JsonObject, ObjectPath

_RBAC = "rbac.authorization.k8s.io/v1"
_PENDING = frozenset({Phase.PENDING.value})
_OVER = frozenset(each.value for each in Phase if each.terminal)


def list_(screen: Screen, where: Where, choice: Choice, scope: Scope, output: Output) -> None:
    """The requests of a namespace or of all, or some of them."""
    phases = _phases(choice.phase or [])

    async def work(session: Session) -> None:
        namespace = None if scope.all_namespaces else session.namespace
        me = await session.reviews.who() if choice.mine or choice.to_sign else None
        wanted = partial(_is_chosen, choice, phases, me)
        sent = _PENDING if choice.to_sign else phases
        items = await session.requests.every(namespace, wanted, phases=sent)
        if choice.to_sign and me is not None:
            items = await _signable(session, items, me)
        if output.for_machines:
            formats.write_list(screen, output.output, items)
        elif not items:
            screen.tell(_none(namespace, choice))
        else:
            wide = output.output is Format.WIDE
            now = datetime.now(UTC)
            everywhere, width = scope.all_namespaces, screen.width
            screen.show(tables.table(items, now, namespaces=everywhere, wide=wide, width=width))

    run(where, screen, work)


def show(screen: Screen, where: Where, name: str, output: Output) -> None:
    """One request in full."""
    where, name = located(where, name)

    async def work(session: Session) -> None:
        item = await session.requests.get(session.namespace, name)
        if output.for_machines:
            formats.write(screen, output.output, [item])
        else:
            request = read(item)
            named = await linked(session, request)
            screen.show(details(request, datetime.now(UTC), named))

    run(where, screen, work)


def explain(screen: Screen, where: Where, name: str, output: Output) -> None:
    """What one request still needs."""
    where, name = located(where, name)

    async def work(session: Session) -> None:
        request = await session.request(name)
        now, named = datetime.now(UTC), await linked(session, request)
        judged = await judge(session, request, now, named.reliance(request, now))
        found = judged.explanation
        if output.for_machines:
            formats.write(screen, output.output, [found.to_json()])
            return
        about, rights = named.said(request, now), found.rights
        able: list[str] | None = []
        you: You | None = None
        if rights is not None:
            able, you = await together(_able(session, rights.subresource), _you(session, request))
        screen.show(explaining.explanation(request, found, able, judged.unseen, about, you))

    run(where, screen, work)


def history(
    screen: Screen, where: Where, target: str | None, past: Past, scope: Scope, output: Output
) -> None:
    """The requests that are over."""

    async def work(session: Session) -> None:
        namespace = None if scope.all_namespaces else session.namespace
        wanted = partial(_is_over, target)
        items = await session.requests.every(namespace, wanted, phases=_OVER, newest=past.limit)
        if output.for_machines:
            formats.write_list(screen, output.output, items)
            return
        found = [request for each in items if (request := readable(each)) is not None]
        if not found:
            screen.tell(nothing_over(namespace, target))
        elif past.timeline:
            _show_timelines(screen, found)
        else:
            now, everywhere = datetime.now(UTC), scope.all_namespaces
            width = None if output.output is Format.WIDE else screen.width
            screen.show(tables.history(found, now, namespaces=everywhere, width=width))

    run(where, screen, work)


def _show_timelines(screen: Screen, found: Sequence[ApprovalRequest]) -> None:
    for number, request in enumerate(found):
        if number:
            screen.say()
        screen.show([line((request.key, "bold"), f"  {request.phase.value}")])
        # Its heading goes without saying here.
        screen.show(list(timeline(request.status.timeline))[2:])


def _is_chosen(choice: Choice, phases: set[str], me: Person | None, item: JsonObject) -> bool:
    """As far as the request itself tells; ``me`` is there where the choice is about oneself."""
    if phases and _phase(item) not in phases:
        return False
    if choice.to_sign and _phase(item) != Phase.PENDING:
        return False
    return me is None or not choice.mine or _requester(item) == me.name


async def _signable(session: Session, items: list[JsonObject], me: Person) -> list[JsonObject]:
    """Those that wait for one's signature, and that one has the right to sign."""
    requests = [(each, request) for each in items if (request := readable(each)) is not None]
    held = any(signing.is_held_with_enough(request) for _, request in requests)
    policies = await policies_in_sight(session) if held else ()
    open_ = [(each, request) for each, request in requests if waits_for(request, me, policies)]
    may = await session.reviews.may_sign({_tier(request) for _, request in open_})
    return [each for each, request in open_ if _tier(request) in may]


def waits_for(request: ApprovalRequest, me: Person, policies: Collection[NamedPolicy] = ()) -> bool:
    """Whether a request waits for signatures, and a person's could be one, rights aside.

    ``policies``: for those that the kill switch holds although their number is reached.
    """
    plan = current_plan(request)
    if plan is None or not _lacks_signatures(request, policies):
        return False
    if me.name in (request.spec.requested_by, request.spec.submitted_by):
        return False
    if request.spec.dry_run or request.spec.cancelled:
        return False
    entry = signing.own(request, me.name)
    return entry is None or not_for(entry, plan) is not None


def _lacks_signatures(request: ApprovalRequest, policies: Collection[NamedPolicy]) -> bool:
    if signing.is_held_with_enough(request):
        return lacks_somebody(request, policies)
    return signing.lacks_signatures(request)


async def _you(session: Session, request: ApprovalRequest) -> You:
    """Whether the person could sign it."""
    tier = _tier(request)
    me, may = await together(session.reviews.who(), session.reviews.may_sign({tier}))
    return You(me.name, may=tier in may)


async def _able(session: Session, level: str) -> list[str] | None:
    """Who may sign, by the bindings; None where one may not read them."""
    here = session.namespace
    paths = (("clusterroles", None), ("roles", here))
    bound = (("clusterrolebindings", None), ("rolebindings", here))
    try:
        found = await together(*(_all(session, *each) for each in (*paths, *bound)))
    except ApiError as error:
        if error.code is None:
            raise
        return None
    for kind, items in zip(("ClusterRole", "Role"), found[:2], strict=True):
        for item in items:
            item["kind"] = kind  # Items of a list do not say it.
    roles, bindings = [*found[0], *found[1]], [*found[2], *found[3]]
    return explaining.may_approve(level, roles, bindings)


async def _all(session: Session, plural: str, namespace: str | None) -> list[JsonObject]:
    url = url_of(ObjectPath(_RBAC, plural, namespace))
    answer = await session.connection.request(Call("GET", url))
    return list(answer.get("items") or [])


def _tier(request: ApprovalRequest) -> Tier:
    return Tier(str(request.status.risk_level or "critical"), request.metadata.namespace)


def _phases(names: Sequence[str]) -> set[str]:
    known = {each.value.lower(): each.value for each in Phase}
    wanted = [part.strip() for each in names for part in each.split(",") if part.strip()]
    for each in wanted:
        if each.lower() not in known:
            raise refused(f"--phase {each!r}: there are {', '.join(known.values())}.")
    return {known[each.lower()] for each in wanted}


def _phase(item: JsonObject) -> str:
    return (item.get("status") or {}).get("phase") or Phase.PENDING.value


def _requester(item: JsonObject) -> str | None:
    return (item.get("spec") or {}).get("requestedBy")


def _is_over(target: str | None, item: JsonObject) -> bool:
    """And about a target, if one is named."""
    if _phase(item) == Phase.PENDING:
        return False
    request = readable(item)
    if request is None or not request.phase.terminal:
        return False
    return target is None or _is_about(request, target)


def _is_about(request: ApprovalRequest, target: str) -> bool:
    """``deployment/web`` in any spelling, or ``web`` of any kind."""
    plan = request.status.plan
    objects = [(each.target.kind, each.target.name) for each in plan.steps] if plan else []
    kind, _, name = target.rpartition("/")
    wanted = (_known_kind(kind) or kind) if kind else None
    return any(name == each[1] and wanted in (None, each[0]) for each in objects)


def _known_kind(word: str) -> str | None:
    from countersign.actions.parser.kinds import kind_of  # noqa: PLC0415 - slow

    known = kind_of(word)
    return known.kind if known else None


def _none(namespace: str | None, choice: Choice) -> str:
    place = _in(namespace)
    everywhere = " -A looks in all namespaces." if namespace else ""
    if choice.to_sign:
        return f"Nothing waits for your signature{place}.{everywhere}"
    if choice.mine:
        return f"You have proposed nothing{place}.{everywhere}"
    return f"There are no requests{place}.{everywhere}"


def nothing_over(namespace: str | None, target: str | None) -> str:
    """What is said where no request of that place, about that object, is over."""
    about = f" about {target}" if target else ""
    advice = " -A looks in all namespaces." if namespace else ""
    kind = (target or "").rpartition("/")[0]
    if kind and _known_kind(kind) is None:
        advice = f" {kind} is no kind that is known here; write it like deployment/web."
    return f"No request{about} has ended yet{_in(namespace)}.{advice}"


def _in(namespace: str | None) -> str:
    return f" in namespace {namespace}" if namespace else ""
