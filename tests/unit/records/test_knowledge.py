"""The knowledge entry of an execution, field for field."""

from __future__ import annotations

import dataclasses
import re
import string
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.api.approval_request import ApprovalRequest
from countersign.api.status import ApprovalMode
from countersign.records.catalogue import Catalogue, Locale
from countersign.records.catalogues import CATALOGUES
from countersign.records.knowledge import Case, KnowledgeEntry, Outcome, knowledge_entry
from tests.support.fakes_objects import RESTART_WEB, UID, approved, plan, request, with_status
from tests.support.fakes_time import START
from tests.support.properties import examples

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


def in_mode(mode: ApprovalMode, **more: Any) -> ApprovalRequest:
    of = approved(request(requested_by="agent"), plan())
    assert of.status.approval is not None
    approval = of.status.approval.model_copy(update={"mode": mode, **more})
    return with_status(of, of.status.model_copy(update={"approval": approval}))


def test_the_mode_is_automatic_where_a_policy_approved_it_without_a_person() -> None:
    entry = knowledge_entry(in_mode(ApprovalMode.AUTOMATIC), RESTART_WEB, GOOD, START)
    assert entry.title.startswith("[Automatic repair] ")
    assert entry.tags[0] == "auto_executed"
    assert entry.created_by == "auto_execute"


def test_a_break_glass_is_told_with_its_reason() -> None:
    of = in_mode(ApprovalMode.BREAK_GLASS, reason="the shop is down")
    entry = knowledge_entry(of, RESTART_WEB, GOOD, START)
    assert row(entry, "Path") == "break-glass: the shop is down"
    assert entry.tags == ("human_approved", "success", "general", "execution", "break_glass")


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
            "- **Alert name**: unknown",
            "- **Category**: general",
            "- **Affected services**: not linked",
            f"- **Command**: `{RESTART_WEB}`",
            "- **Result**: Restart Deployment shop/web: done.",
            "- **Risk level**: medium",
            "- **Path**: approved by people",
            "- **Signed by**: alice",
            "- **Incident ID**: INC-42",
            f"- **Approval ID**: shop/restart-web ({UID})",
            "",
            "## Description",
            "",
            "Memory leak since Monday.",
        ]
    )


def test_what_is_not_known_is_said() -> None:
    unsigned = knowledge_entry(request(), RESTART_WEB, GOOD, START)
    assert row(unsigned, "Signed by") == "nobody"
    assert row(unsigned, "Risk level") == "unknown"
    assert row(unsigned, "Incident ID") == "none"
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


@examples(60)
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
    for label in ("Command", "Result", "Incident ID"):
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


# --- The incident ---------------------------------------------------------------------------------

OOM = Case(alert="KubePodOOMKilled", category="memory", services=("checkout", "payment"))


def test_what_is_known_of_the_incident_is_in_title_tags_category_and_content() -> None:
    entry = knowledge_entry(approved(), RESTART_WEB, GOOD, START, case=OOM)
    assert entry.title == f"[Human-approved repair] KubePodOOMKilled: {RESTART_WEB}"
    assert entry.category == "memory"
    assert entry.tags == ("human_approved", "success", "memory", "execution")
    assert entry.content.startswith("# ✅ Human-approved repair: KubePodOOMKilled\n")
    assert row(entry, "Alert name") == "KubePodOOMKilled"
    assert row(entry, "Category") == "memory"
    assert row(entry, "Affected services") == "checkout, payment"


# --- Languages ------------------------------------------------------------------------------------

CHINESE = CATALOGUES[Locale.ZH_TW]


def test_in_chinese_the_title_says_who_approved_it() -> None:
    human = knowledge_entry(approved(), RESTART_WEB, GOOD, START, CHINESE, OOM)
    assert human.title == f"[人工修復] KubePodOOMKilled: {RESTART_WEB}"
    of = in_mode(ApprovalMode.AUTOMATIC)
    automatic = knowledge_entry(of, RESTART_WEB, GOOD, START, CHINESE)
    assert automatic.title == f"[自動修復] unknown: {RESTART_WEB}"
    assert automatic.content.startswith("# ✅ 自動修復: unknown\n")
    assert row(automatic, "執行路徑") == "自動執行（信心度 >= 0.65）"


def test_in_chinese_the_content_tells_the_whole_story() -> None:
    of = approved(request(incident="INC-42", description="週一起記憶體洩漏。"), plan())
    entry = knowledge_entry(of, RESTART_WEB, BAD, START, CHINESE, OOM)
    assert entry.content == "\n".join(
        [
            "# ❌ 人工修復: KubePodOOMKilled",
            "",
            "- **告警名稱**: KubePodOOMKilled",
            "- **類別**: memory",
            "- **影響服務**: checkout、payment",
            f"- **執行指令**: `{RESTART_WEB}`",
            "- **執行結果**: 失敗：deployments.apps is forbidden",
            "- **風險等級**: medium",
            "- **執行路徑**: 人工審批",
            "- **簽核者**: alice",
            "- **事件 ID**: INC-42",
            f"- **審批 ID**: shop/restart-web ({UID})",
            "",
            "## 描述",
            "",
            "週一起記憶體洩漏。",
        ]
    )


def test_tags_and_origin_are_the_same_in_every_language() -> None:
    english, chinese = (
        knowledge_entry(approved(), RESTART_WEB, BAD, START, words, OOM)
        for words in CATALOGUES.values()
    )
    assert english.tags == chinese.tags
    assert (english.type, english.source, english.created_by) == (
        chinese.type,
        chinese.source,
        chinese.created_by,
    )


def slots(words: Catalogue) -> dict[str, int]:
    """How much is put into each text."""
    texts = {name: str(value) for name, value in dataclasses.asdict(words).items()}
    return {
        name: sum(field is not None for _, field, _, _ in string.Formatter().parse(text))
        for name, text in texts.items()
        if isinstance(getattr(words, name), str)
    }


def test_every_language_has_a_catalogue_with_every_text_and_the_same_slots() -> None:
    assert set(CATALOGUES) == set(Locale)
    for words in CATALOGUES.values():
        assert all(dataclasses.asdict(words).values())
        assert slots(words) == slots(CATALOGUES[Locale.EN])


def test_braces_in_a_text_are_nothing_but_braces() -> None:
    entry = entry_of(Outcome(success=False, message="{0.__class__} {}"))
    assert row(entry, "Result") == "failed: {0.__class__} {}"


def test_a_description_keeps_its_lines_and_nothing_that_cannot_be_seen() -> None:
    entry = entry_of(description="first\n  - second\x00\x1b[2J\r\n\u202ethird")
    assert entry.content.endswith("\n\nfirst\n  - second  [2J\n third")
