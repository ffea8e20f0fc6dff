"""The knowledge entry of an execution, field for field."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.api.approval_request import ApprovalRequest
from countersign.records.knowledge import KnowledgeEntry, Outcome, knowledge_entry
from tests.support.fakes_objects import RESTART_WEB, UID, approved, plan, request, with_status
from tests.support.fakes_time import START

GOOD = Outcome(success=True, message="Restart Deployment shop/web: done.")
BAD = Outcome(success=False, message="deployments.apps is forbidden")


def entry_of(outcome: Outcome = GOOD, action: str = RESTART_WEB, **spec: Any) -> KnowledgeEntry:
    return knowledge_entry(approved(request(**spec), plan()), action, outcome, START)


def approved_by(second: str) -> ApprovalRequest:
    """By alice and somebody else."""
    of = approved()
    assert of.status.approval is not None
    approval = of.status.approval.model_copy(update={"signers": ("alice", second)})
    return with_status(of, of.status.model_copy(update={"approval": approval}))


def row(entry: KnowledgeEntry, label: str) -> str:
    [value] = re.findall(rf"^- \*\*{label}\*\*: (.*)$", entry.content, re.MULTILINE)
    return str(value)


def code_of(entry: KnowledgeEntry) -> str:
    """The command as Markdown shows it: up to the first run of backticks as long as the opening."""
    shown = row(entry, "Command")
    opening, *others = re.finditer(r"`+", shown)
    closing = next(run for run in others if len(run[0]) == len(opening[0]))
    assert (opening.start(), closing.end()) == (0, len(shown)), shown
    text = shown[opening.end() : closing.start()]
    padded = text.startswith(" ") and text.endswith(" ") and text.strip() != ""
    return text[1:-1] if padded else text


def test_an_entry_is_an_incident_case_under_the_requests_uid() -> None:
    entry = entry_of(incident="INC-42")
    assert (entry.id, entry.type, entry.source) == (UID, "INCIDENT_CASE", "AI_EXTRACTED")
    assert (entry.namespace, entry.request) == ("shop", "restart-web")
    assert entry.related_incident == "INC-42"
    assert entry.created_at == START
    assert entry.category == "general"


MODES = {
    "auto_approve": True,
    "AUTO_APPROVE": True,
    "Auto_Approve": True,
    "auto_approver": False,
    "auto-approve": False,
    "agent": False,
    "": False,
}


@pytest.mark.parametrize("requester", MODES)
def test_the_mode_is_automatic_for_auto_approve_in_any_case_and_nobody_else(requester: str) -> None:
    entry, automatic = entry_of(requested_by=requester), MODES[requester]
    assert entry.title.startswith(
        "[Automatic repair] " if automatic else "[Human-approved repair] "
    )
    assert entry.tags[0] == ("auto_executed" if automatic else "human_approved")
    assert entry.created_by == ("auto_execute" if automatic else "approval_execution")
    assert row(entry, "Path") == (
        "automatic: confidence >= 0.65" if automatic else "approved by people"
    )
    assert entry.content.startswith("# ✅ Automatic" if automatic else "# ✅ Human-approved")


def test_without_a_requester_the_mode_is_human() -> None:
    assert entry_of(requested_by=None).tags[0] == "human_approved"


def test_the_tags_of_a_success_and_of_a_failure() -> None:
    assert entry_of(GOOD).tags == ("human_approved", "success", "general", "execution")
    assert entry_of(BAD).tags == (
        "human_approved",
        "failure",
        "general",
        "execution",
        "execution_failed",
    )


def test_the_title_has_the_alert_and_the_first_50_characters_of_the_action() -> None:
    action = "kubectl rollout restart deployment/" + "w" * 100
    assert entry_of(action=action).title == f"[Human-approved repair] unknown: {action[:50]}"
    assert entry_of().title == f"[Human-approved repair] unknown: {RESTART_WEB}"


def test_the_content_tells_the_whole_story() -> None:
    entry = entry_of(incident="INC-42", description="Memory leak since Monday.")
    assert entry.content == "\n".join(
        [
            "# ✅ Human-approved repair: unknown",
            "",
            "- **Alert**: unknown",
            "- **Category**: general",
            "- **Affected services**: not linked",
            f"- **Command**: `{RESTART_WEB}`",
            "- **Result**: Restart Deployment shop/web: done.",
            "- **Risk**: medium",
            "- **Path**: approved by people",
            "- **Signed by**: alice",
            "- **Incident**: INC-42",
            f"- **Request**: shop/restart-web ({UID})",
            "",
            "## Description",
            "",
            "Memory leak since Monday.",
        ]
    )


def test_what_is_not_known_is_said() -> None:
    unsigned = knowledge_entry(request(), RESTART_WEB, GOOD, START)
    assert row(unsigned, "Signed by") == "nobody"
    assert row(unsigned, "Risk") == "unknown"
    assert row(unsigned, "Incident") == "none"
    assert unsigned.content.endswith("## Description\n\nno description")


def test_a_failure_says_why() -> None:
    entry = entry_of(BAD)
    assert entry.content.startswith("# ❌ ")
    assert row(entry, "Result") == "failed: deployments.apps is forbidden"
    assert row(entry_of(Outcome(success=False, message="")), "Result") == "failed: unknown reason"


def test_the_command_is_its_first_200_characters_as_code() -> None:
    action = "kubectl " + "x" * 400
    assert code_of(entry_of(action=action)) == action[:200]


HOSTILE = {
    "a backtick": "kubectl ` rm -rf",
    "a fence": "kubectl ``` rm -rf",
    "backticks at both ends": "`kubectl`",
    "nothing but backticks": "`````",
    "a backtick at the cut": "k" * 199 + "`" * 50,
    "runs of every length": "` `` ``` ```` `````",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_no_backtick_in_a_command_can_end_its_code(what: str) -> None:
    assert code_of(entry_of(action=HOSTILE[what])) == HOSTILE[what][:200]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="`a", min_size=1, max_size=260))
def test_no_text_of_backticks_can_end_its_code(action: str) -> None:
    assert code_of(entry_of(action=action)) == action[:200]


INVISIBLE = {
    "a line break": "\n",
    "a carriage return": "\r",
    "a null": "\x00",
    "an escape": "\x1b",
    "a C1 control": "\x85",
    "a zero-width space": "\u200b",
    "a zero-width joiner": "\u200d",
    "a line separator": "\u2028",
    "a right-to-left override": "\u202e",
    "an isolate": "\u2066",
    "a byte order mark": "\ufeff",
    "a word joiner": "\u2060",
    "an invisible plus": "\u2064",
    "a soft hyphen": "\u00ad",
    "an Arabic letter mark": "\u061c",
    "a Mongolian vowel separator": "\u180e",
    "an interlinear annotation": "\ufff9",
    "a tag character": "\U000e0041",
}


@pytest.mark.parametrize("what", INVISIBLE)
def test_nothing_invisible_gets_into_a_line(what: str) -> None:
    hostile = f"kubectl{INVISIBLE[what]}- **Result**: fine"
    entry = entry_of(Outcome(success=False, message=hostile), action=hostile, incident=hostile)
    assert INVISIBLE[what] not in entry.title
    for label in ("Command", "Result", "Incident"):
        assert "kubectl" in row(entry, label)
        assert INVISIBLE[what] not in row(entry, label)


def test_a_text_of_any_script_is_kept() -> None:
    action = "重啟 deployment/web 🚀"
    entry = entry_of(action=action)
    assert entry.title.endswith(action)
    assert code_of(entry) == action
    assert unicodedata.is_normalized("NFC", entry.title)


def test_a_long_error_is_shortened() -> None:
    assert len(row(entry_of(Outcome(success=False, message="x" * 5000)), "Result")) <= 500


def test_all_signers_are_named_in_one_line() -> None:
    entry = knowledge_entry(approved_by("bob\n- **Risk**: low"), RESTART_WEB, GOOD, START)
    assert row(entry, "Signed by") == "alice, bob - **Risk**: low"


def test_an_entry_reads_as_it_was_written() -> None:
    entry = entry_of(BAD, action="`hostile`", incident="INC-42")
    assert KnowledgeEntry.model_validate(entry.to_json()) == entry
