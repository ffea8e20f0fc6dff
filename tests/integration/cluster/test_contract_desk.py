"""One contract for the operator's desk on the API server and for the one that unit tests use."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.effects import EffectState, EffectStatus
from countersign.api.phase import Phase
from countersign.cluster.desk import OperatorDesk
from countersign.policy import transitions
from countersign.ports import Desk
from countersign.records.notice import Notice, event_name
from tests.support.fakes import FakeDesk
from tests.support.fakes_objects import after, approved, plan, planned
from tests.support.fakes_objects import request as request_of
from tests.support.fakes_time import START, FakeClock
from tests.support.ground import Beside, Opener, said
from tests.support.shop import request_object

NOTICE = Notice(step="planned-1", type="Normal", reason="Planned", note="Restart it")
TO_BE_DONE, DONE = (
    EffectStatus(state=state, since=START) for state in (EffectState.PENDING, EffectState.DONE)
)
MODIFIED = (
    'Operation cannot be fulfilled on approvalrequests.countersign.dev "restart-web": the object '
    "has been modified; please apply your changes to the latest version and try again"
)


@dataclass
class Bureau:
    """A desk, and what others do beside it."""

    desk: Desk
    namespace: str = field(default_factory=lambda: f"contract-{uuid.uuid4().hex[:8]}")
    beside: Beside | None = None

    def made(self) -> ApprovalRequest:
        """Somebody proposes."""
        if self.beside is None:
            return self._fake.put(request_of(namespace=self.namespace, uid=str(uuid.uuid4())))
        body = request_object("restart-web", action="kubectl rollout restart deployment/web")
        self.beside.admin.create(body, self.namespace).accepted()
        return self.now()

    def now(self) -> ApprovalRequest:
        """The request as it is."""
        if self.beside is None:
            return self._fake.live(request_of(namespace=self.namespace))
        live = self.beside.admin.get("ApprovalRequest", self.namespace, "restart-web")
        return ApprovalRequest.model_validate(live)

    def touched(self) -> None:
        """Somebody writes what no status says."""
        if self.beside is None:
            self._fake.put(self.now())
            return
        change = {"metadata": {"annotations": {"example.com/touched": "yes"}}}
        admin = self.beside.admin
        admin.merge("ApprovalRequest", self.namespace, "restart-web", change).accepted()

    def vanished(self) -> None:
        """Somebody deletes it."""
        if self.beside is None:
            self._fake.vanish(self.now())
        else:
            self.beside.vanish("ApprovalRequest", "restart-web")

    def events(self, of: ApprovalRequest) -> list[tuple[str, str]]:
        """Name and note of all that there are."""
        if self.beside is None:
            posted = reversed(self._fake.posted)  # The first of a name is the one that is there.
            return sorted({event_name(of, each): each.note for each in posted}.items())
        found = self.beside.admin.every("Event", self.namespace)
        return sorted((each["metadata"]["name"], each["note"]) for each in found)

    @property
    def _fake(self) -> FakeDesk:
        assert isinstance(self.desk, FakeDesk)
        return self.desk


@pytest.fixture(params=["in memory", "on the API server"])
async def bureau(request: pytest.FixtureRequest, beside: Opener) -> AsyncIterator[Bureau]:
    if request.param == "in memory":
        yield Bureau(FakeDesk())
        return
    async with beside(operator=True) as opened:
        desk = OperatorDesk(opened.connection, FakeClock(), instance="operator-0")
        yield Bureau(desk, opened.namespace, opened)


def with_(status: ApprovalRequestStatus, **fields: Any) -> ApprovalRequestStatus:
    return status.model_copy(update=fields)


# --- Writing --------------------------------------------------------------------------------------


async def test_a_status_is_kept_word_for_word_and_is_of_its_object(bureau: Bureau) -> None:
    of = bureau.made()
    status = planned(of, plan()).status
    written = await bureau.desk.save_status(of, status)
    assert written.status == with_(status, uid=of.metadata.uid)
    assert written.metadata.version > of.metadata.version
    assert written.spec == of.spec
    assert bureau.now() == written


async def test_what_says_nothing_new_makes_no_new_version(bureau: Bureau) -> None:
    of = bureau.made()
    written = await bureau.desk.save_status(of, planned(of, plan()).status)
    assert await bureau.desk.save_status(written, written.status) == written
    assert await bureau.desk.claim(written, written.status) == written


async def test_what_is_no_longer_said_goes(bureau: Bureau) -> None:
    of = bureau.made()
    status = with_(planned(of, plan()).status, effects={"knowledge": TO_BE_DONE})
    first = await bureau.desk.save_status(of, status)
    assert first.status.plan is not None
    assert first.status.effects
    fewer = with_(first.status, plan=None, signed=None, effects={}, timeline=())
    second = await bureau.desk.save_status(first, fewer)
    assert second.status == fewer
    assert bureau.now().status == fewer


async def test_within_a_field_too_what_is_no_longer_said_goes(bureau: Bureau) -> None:
    of = bureau.made()
    first = await bureau.desk.save_status(of, planned(of, plan()).status)
    made = plan(revision=2, changes=(), uid=None)
    second = await bureau.desk.save_status(first, with_(first.status, plan=made))
    assert second.status.plan == made


async def test_fields_that_another_has_written_meanwhile_stay(bureau: Bureau) -> None:
    of = bureau.made()
    first = await bureau.desk.save_status(of, planned(of, plan()).status)
    await bureau.desk.save_status(first, with_(first.status, message="another's"))
    late = await bureau.desk.save_status(first, with_(first.status, expires_at=after(600)))
    assert (late.status.message, late.status.expires_at) == ("another's", after(600))


async def test_effects_are_written_one_by_one(bureau: Bureau) -> None:
    of = bureau.made()
    effects = dict.fromkeys(("knowledge", "playbook", "message-executed"), TO_BE_DONE)
    status = with_(planned(of, plan()).status, effects=effects)
    first = await bureau.desk.save_status(of, status)
    one = with_(first.status, effects={**effects, "knowledge": DONE})
    await bureau.desk.save_status(first, one)
    other = {"knowledge": TO_BE_DONE, "playbook": DONE}
    late = await bureau.desk.save_status(first, with_(first.status, effects=other))
    assert late.status.effects == {"knowledge": DONE, "playbook": DONE}


# --- Whose object ---------------------------------------------------------------------------------


async def test_a_claim_is_of_the_version_that_was_read_or_not_made_at_all(bureau: Bureau) -> None:
    of = bureau.made()
    status = planned(of, plan()).status
    claimed = await bureau.desk.claim(of, status)
    assert claimed.status == with_(status, uid=of.metadata.uid)
    assert await said(bureau.desk.claim(of, status)) == (409, "Conflict", MODIFIED)
    assert bureau.now() == claimed
    again = await bureau.desk.claim(claimed, with_(claimed.status, message="again"))
    assert again.status.message == "again"


async def test_whatever_else_is_written_makes_a_claim_late_but_no_save(bureau: Bureau) -> None:
    of = bureau.made()
    bureau.touched()
    status = planned(of, plan()).status
    assert await said(bureau.desk.claim(of, status)) == (409, "Conflict", MODIFIED)
    assert (await bureau.desk.save_status(of, status)).status.plan == status.plan


async def test_what_is_gone_is_404(bureau: Bureau) -> None:
    of = bureau.made()
    status = planned(of, plan()).status
    bureau.vanished()
    wanted = (404, "NotFound", 'approvalrequests.countersign.dev "restart-web" not found')
    assert await said(bureau.desk.save_status(of, status)) == wanted
    assert await said(bureau.desk.claim(of, status)) == wanted


async def test_nothing_is_written_into_another_of_the_same_name(bureau: Bureau) -> None:
    of = bureau.made()
    status = planned(of, plan()).status
    bureau.vanished()
    other = bureau.made()
    assert other.metadata.uid != of.metadata.uid
    assert await said(bureau.desk.claim(of, status)) == (409, "Conflict", MODIFIED)
    code, reason, words = await said(bureau.desk.save_status(of, status))
    assert (code, reason) == (422, "Invalid")
    gone = f"This status is about an object that is gone (UID {of.metadata.uid})"
    assert words == (
        'approvalrequests.countersign.dev "restart-web" is forbidden: ValidatingAdmissionPolicy '
        f"'countersign-status' with binding 'countersign-status' denied request: {gone}, not about "
        "the one that bears its name now."
    )
    assert bureau.now() == other


# --- A decision is final --------------------------------------------------------------------------

ENDINGS = [Phase.SUCCEEDED, Phase.FAILED, Phase.DENIED, Phase.EXPIRED, Phase.CANCELLED]


@pytest.mark.parametrize("end", ENDINGS)
async def test_no_other_phase_follows_an_end(bureau: Bureau, end: Phase) -> None:
    of = bureau.made()
    ended = await bureau.desk.save_status(of, with_(planned(of, plan()).status, phase=end))
    for phase in Phase:
        if phase is end:
            continue
        of_other = bureau.desk.save_status(ended, with_(ended.status, phase=phase))
        assert await said(of_other) == (
            422,
            "Invalid",
            (
                'ApprovalRequest.countersign.dev "restart-web" is invalid: status.phase: Invalid '
                f'value: "{phase}": A decision is final: this phase cannot follow the old one.'
            ),
        )
    assert bureau.now() == ended
    later = await bureau.desk.save_status(ended, with_(ended.status, message="told"))
    assert later.status.message == "told"


async def test_the_phases_of_a_request_that_is_carried_out_follow_each_other(
    bureau: Bureau,
) -> None:
    of = bureau.made()
    of = await bureau.desk.claim(of, planned(of, plan()).status)
    of = await bureau.desk.claim(of, approved(of, plan()).status)
    of = await bureau.desk.claim(of, transitions.beginning(of, after(1)))
    assert of.phase is Phase.EXECUTING
    code, _reason, _words = await said(
        bureau.desk.save_status(of, with_(of.status, phase=Phase.PENDING))
    )
    assert code == 422
    of = await bureau.desk.save_status(of, with_(of.status, phase=Phase.SUCCEEDED))
    assert bureau.now() == of


async def test_a_phase_is_not_removed(bureau: Bureau) -> None:
    of = bureau.made()
    of = await bureau.desk.claim(of, planned(of, plan()).status)
    assert await said(bureau.desk.save_status(of, with_(of.status, phase=None))) == (
        422,
        "Invalid",
        (
            'ApprovalRequest.countersign.dev "restart-web" is invalid: <nil>: Invalid value: A '
            "decision is final: the phase cannot be removed."
        ),
    )


# --- Events ---------------------------------------------------------------------------------------


async def test_an_event_that_is_posted_twice_is_there_once(bureau: Bureau) -> None:
    of = bureau.made()
    await bureau.desk.post(of, NOTICE)
    await bureau.desk.post(of, Notice(NOTICE.step, "Normal", "Planned", "in other words"))
    await bureau.desk.post(of, Notice("denied", "Warning", "Denied", "No"))
    assert bureau.events(of) == [
        (f"restart-web-{of.metadata.uid[:8]}-denied", "No"),
        (f"restart-web-{of.metadata.uid[:8]}-planned-1", "Restart it"),
    ]


async def test_an_event_may_be_about_what_is_gone(bureau: Bureau) -> None:
    of = bureau.made()
    bureau.vanished()
    await bureau.desk.post(of, NOTICE)
    assert [note for _name, note in bureau.events(of)] == ["Restart it"]
