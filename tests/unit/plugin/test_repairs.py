"""``propose --playbook``: a repair that worked before, for an incident that is like those."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countersign.plugin import completion
from countersign.plugin.app import invoke
from countersign.plugin.exits import Exit
from tests.support.api_over_http import GROUP, StoringApi, served
from tests.support.requests_made import item

SYMPTOMS = {"alertname": "KubePodOOMKilled", "namespace": "shop"}
RAISE = {
    "type": "SetResources",
    "target": {"kind": "Deployment", "name": "web"},
    "setResources": {"limits": {"memory": "1Gi"}},
}
RESTART = {"type": "RestartRollout", "target": {"kind": "Deployment", "name": "web"}}
pytestmark = pytest.mark.usefixtures("plain_http")  # To read certificates takes longer than a test.
USED = ("propose", "--playbook", "raise-memory", "--for", "INC-42")


def metadata(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-of-{name}",
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": "2026-11-27T10:00:00Z",
    }


def playbook(*steps: dict[str, Any], state: str = "Approved", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": metadata("raise-memory"),
        "spec": {
            "title": "More memory for web",
            "description": "Mind the quota.",
            "state": state,
            "symptoms": SYMPTOMS,
            "steps": steps or ({"operation": RAISE},),
            **spec,
        },
        "status": {
            "uid": "uid-of-raise-memory",
            "executions": 10,
            "successes": 9,
            "lastUsed": "2026-11-27T09:00:00Z",
            "outcomes": [],
        },
    }


def incident(*, labels: dict[str, str] | None = None, phase: str = "Open") -> dict[str, Any]:
    labels = {**SYMPTOMS, "pod": "web-1"} if labels is None else labels
    return {
        "metadata": metadata("inc-42"),
        "spec": {
            "summary": "web is out of memory",
            "signals": [{"labels": labels}] if labels else [],
        },
        "status": {"phase": phase},
    }


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoringApi]:
    api = StoringApi()
    api.put("playbooks", playbook())
    api.put("incidents", incident())
    with served(api, tmp_path) as path:
        monkeypatch.setenv("KUBECONFIG", str(path))
        yield api


def test_a_playbooks_step_becomes_a_request_that_names_both(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke([*USED, "-d", "It is back."]) == Exit.DONE
    [sent] = api.created
    assert sent["metadata"] == {"generateName": "set-resources-web-", "namespace": "shop"}
    assert sent["spec"] == {
        "operation": RAISE,
        "playbook": "raise-memory",
        "incident": "inc-42",
        "description": "It is back.\nIncident inc-42: web is out of memory\n"
        "Playbook raise-memory: More memory for web\nMind the quota.",
    }
    assert "shop/set-resources-web-x7k2p proposed." in capsys.readouterr().out
    assert len(api.asked) == 2  # The playbook and the incident, and nothing besides.


def test_other_terms_go_along_and_the_incident_may_be_given_by_its_own_option(
    api: StoringApi,
) -> None:
    given = ["--incident", "inc-42", "--name", "again", "--risk", "high", "--dry-run"]
    given += ["--confidence", "0.9"]
    assert invoke(["propose", "--playbook", "shop/raise-memory", *given]) == Exit.DONE
    [sent] = api.created
    assert sent["metadata"]["name"] == "again"
    assert (sent["spec"]["riskLevel"], sent["spec"]["dryRun"]) == ("high", True)
    assert sent["spec"]["confidence"] == 0.9
    assert sent["spec"]["incident"] == "inc-42"


def test_a_draft_is_proposed_as_what_it_is(api: StoringApi) -> None:
    api.put("playbooks", playbook(state="Draft"))
    assert invoke([*USED]) == Exit.DONE
    assert "Playbook raise-memory (Draft): More memory" in api.created[0]["spec"]["description"]


SEVERAL = ({"ssh": "ssh node-1 sync"}, {"operation": RESTART}, {"operation": RAISE})


def test_of_several_steps_one_is_named(api: StoringApi) -> None:
    api.put("playbooks", playbook(*SEVERAL))
    assert invoke([*USED, "--step", "2"]) == Exit.DONE
    assert api.created[0]["spec"]["operation"] == RESTART


REFUSED: dict[str, tuple[list[str], dict[str, Any], dict[str, Any], int, str]] = {
    "an unknown playbook": (
        ["propose", "--playbook", "nothing", "--for", "inc-42"],
        {},
        {},
        Exit.MISSING,
        "There is no playbook nothing in namespace shop. kubectl get playbooks -n shop shows",
    ),
    "an unknown incident": (
        ["propose", "--playbook", "raise-memory", "--for", "inc-7"],
        {},
        {},
        Exit.MISSING,
        "There is no incident inc-7 in namespace shop.",
    ),
    "a retired playbook": (
        [*USED, "--anyway"],
        playbook(state="Retired"),
        {},
        Exit.REFUSED,
        "Playbook raise-memory is Retired",
    ),
    "several steps of which none is named": (
        [*USED],
        playbook(*SEVERAL),
        {},
        Exit.REFUSED,
        (
            "is a request of its own. Say which one, the first one first: --step 1 (by hand: ssh "
            "node-1 sync), --step 2 (RestartRollout Deployment/web), --step 3 (SetResources "
        ),
    ),
    "a step that is not there": (
        [*USED, "--step", "4"],
        playbook(*SEVERAL),
        {},
        Exit.REFUSED,
        "has no step 4; its last one is 3",
    ),
    "a step over SSH": (
        [*USED, "--step", "1"],
        playbook(*SEVERAL),
        {},
        Exit.REFUSED,
        "Step 1 of playbook raise-memory is to be done by hand: ssh node-1 sync",
    ),
    "an incident of another kind": (
        [*USED],
        {},
        incident(labels={"alertname": "KubeNodeNotReady"}),
        Exit.REFUSED,
        (
            "its alert is not what playbook raise-memory is for (alertname is KubeNodeNotReady, "
            "not KubePodOOMKilled, it has no namespace). Look at both; --anyway"
        ),
    ),
    "an incident without an alert": (
        [*USED],
        {},
        incident(labels={}),
        Exit.REFUSED,
        "for (it has none)",
    ),
    "an incident that is over": (
        [*USED],
        {},
        incident(phase="Resolved"),
        Exit.REFUSED,
        "incident inc-42 is Resolved already",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_a_sentence_and_nothing_is_sent(
    what: str, api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, its_playbook, its_incident, status, says = REFUSED[what]
    if its_playbook:
        api.put("playbooks", its_playbook)
    if its_incident:
        api.put("incidents", its_incident)
    assert invoke(arguments) == status
    said = capsys.readouterr()
    assert says in said.err
    assert said.out == ""
    assert api.created == []


def test_a_misfit_is_proposed_anyway_where_that_is_wished_and_signers_are_told(
    api: StoringApi,
) -> None:
    api.put("incidents", incident(labels={"alertname": "Other", "namespace": "shop"}))
    assert invoke([*USED, "--anyway"]) == Exit.DONE
    assert api.created[0]["spec"]["description"].endswith(
        "Proposed although its alert is not what playbook raise-memory is for (alertname is "
        "Other, not KubePodOOMKilled)."
    )


def test_one_alert_of_several_is_enough(api: StoringApi) -> None:
    other = incident()
    other["spec"]["signals"].insert(0, {"labels": {"alertname": "Other"}})
    api.put("incidents", other)
    assert invoke([*USED]) == Exit.DONE


def test_a_run_of_the_same_cron_job_is_the_same_symptom(api: StoringApi) -> None:
    api.put("playbooks", playbook(symptoms={"alertname": "KubeJobFailed", "job_name": "backup"}))
    labels = {"alertname": "KubeJobFailed", "job_name": "backup-29384756"}
    api.put("incidents", incident(labels=labels))
    assert invoke([*USED]) == Exit.DONE


def test_a_playbook_without_symptoms_is_for_anything(api: StoringApi) -> None:
    api.put("playbooks", playbook(symptoms={}))
    api.put("incidents", incident(labels={}))
    assert invoke([*USED]) == Exit.DONE


def test_hostile_words_reach_neither_terminal_nor_request_raw(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.put("playbooks", playbook({"ssh": "ssh x\x1b[2J"}, title="ok\x1b[2J\u202e"))
    assert invoke([*USED]) == Exit.REFUSED
    assert "\x1b" not in capsys.readouterr().err
    api.put("playbooks", playbook(title="ok\x1b[2J\u202e"))
    assert invoke([*USED]) == Exit.DONE
    assert "\x1b" not in api.created[0]["spec"]["description"]
    assert "\u202e" not in api.created[0]["spec"]["description"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--playbook", "p"], "Say for which incident playbook p is to be used"),
        (["--playbook", "p", "--for", "a", "--incident", "b"], "Say for which incident"),
        (["--playbook", "p", "--for", "a", "restart web"], "exactly one of them"),
        (["kubectl rollout restart deploy/web", "--for", "inc-1"], "--for 'inc-1': --wait waits"),
        (["kubectl rollout restart deploy/web", "--step", "1"], "belong to --playbook"),
        (["--playbook", "p", "--for", "end", "--for", "planned"], "wait for one of"),
        (["--playbook", "a/p", "--for", "i", "-n", "b"], "a/p is in namespace a, and -n says b"),
    ],
)
def test_a_wrong_command_line_asks_nobody(
    arguments: list[str], says: str, api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["propose", *arguments]) == Exit.REFUSED
    assert says in capsys.readouterr().err
    assert api.asked == []


def test_one_who_may_not_read_playbooks_is_told_so(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.refuses = (f"{GROUP}/namespaces/shop/playbooks",)
    assert invoke([*USED]) == Exit.REFUSED
    said = capsys.readouterr().err
    assert "error: alice may not get playbooks in namespace shop. Ask somebody who may." in said


# --- The tab key ----------------------------------------------------------------------------------


def test_the_tab_key_offers_playbooks_and_incidents(api: StoringApi) -> None:
    assert completion.suggestions(["propose", "--playbook", "r"]) == ["raise-memory"]
    assert completion.suggestions(["propose", "--incident", ""]) == ["inc-42"]
    offered = completion.suggestions(["propose", "--playbook", "raise-memory", "--for", ""])
    assert offered == ["inc-42", "planned", "approved", "executed", "end"]
    assert completion.suggestions(["propose", "--for", "e"]) == ["executed", "end"]


def test_the_tab_key_reads_no_more_of_requests_than_their_names(api: StoringApi) -> None:
    api.put("approvalrequests", item(name="restart-web"))
    assert completion.suggestions(["show", "re"]) == ["restart-web"]
    [form] = api.forms
    assert "as=PartialObjectMetadataList" in form


# --- Looking at it --------------------------------------------------------------------------------

LINKED = item(spec={"playbook": "raise-memory", "incident": "inc-42"})


def shown(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert invoke([command, "scale-web"]) == Exit.DONE
    return " ".join(capsys.readouterr().out.split())


def test_show_tells_the_incident_and_the_playbook_and_its_trust_now(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    old = playbook()
    old["status"] |= {
        "trust": 0.9,
        "outcomes": [
            {"uid": f"r{at}", "at": "2020-01-01T00:00:00Z", "success": True} for at in range(9)
        ],
    }
    api.put("playbooks", old)
    api.put("approvalrequests", LINKED)
    said = shown("show", capsys)
    assert "Incident inc-42 (Open: web is out of memory)" in said
    assert "Playbook raise-memory (Approved, trust 0.00: 9 of 10 went well, last" in said


def test_show_says_what_cannot_be_read_and_shows_the_rest(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.put(
        "approvalrequests", item(spec={"playbook": "gone", "incident": "inc-42", "action": "x"})
    )
    api.refuses = (f"{GROUP}/namespaces/shop/incidents",)
    said = shown("show", capsys)
    assert "Incident inc-42 (you may not read it)" in said
    assert "Playbook gone (there is none of that name that this plugin can read)" in said
    assert "Plan 1" in said


def test_show_of_a_request_that_names_neither_asks_no_more(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.put("approvalrequests", item())
    shown("show", capsys)
    assert len(api.asked) == 1


def test_explain_says_why_trust_is_not_enough(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    made = item(spec={"playbook": "raise-memory", "confidence": 0.9, "incident": "inc-42"})
    api.put("approvalrequests", made)
    auto = {"autoApprove": {"riskAtMost": "high", "trustAtLeast": 0.7}}
    policy = {"metadata": {"name": "auto"}, "spec": {"require": auto}}
    api.objects[f"{GROUP}/approvalpolicies/auto"] = policy
    said = shown("explain", capsys)
    assert "Playbook raise-memory (Approved, trust 0.00: 9 of 10 went well" in said
    assert "no step of playbook raise-memory is what the plan does" in said
    assert "You (alice) could: kubectl countersign approve scale-web -n shop" in said


def test_explain_of_a_playbook_that_one_may_not_read_says_who_knows(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    made = item(spec={"playbook": "raise-memory", "confidence": 0.9})
    api.put("approvalrequests", made)
    auto = {"autoApprove": {"riskAtMost": "high", "trustAtLeast": 0.7}}
    policy = {"metadata": {"name": "auto"}, "spec": {"require": auto}}
    api.objects[f"{GROUP}/approvalpolicies/auto"] = policy
    api.refuses = (f"{GROUP}/namespaces/shop/playbooks",)
    said = shown("explain", capsys)
    assert "Playbook raise-memory (you may not read it)" in said
    assert "the trust is not known here; the operator looks it up" in said


def test_a_flapping_target_stands_beside_the_plan(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    made = item()
    made["status"]["plan"]["flapping"] = "Flapping: acted on in the last 2 h: Deployment x 4 times."
    api.put("approvalrequests", made)
    assert "Flapping: acted on in the last 2 h: Deployment x 4 times." in shown("show", capsys)
