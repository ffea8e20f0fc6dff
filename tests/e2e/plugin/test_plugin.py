"""``kubectl countersign`` on a real API server, as the people of the test cluster."""

from __future__ import annotations

import asyncio
import io
import json
import re

import pytest
import yaml

from countersign.connection import Connection
from countersign.errors import ApiError
from countersign.kubeconfig import load_place
from countersign.plugin import signing
from countersign.plugin.acts.deciding import has_moved, signed_by
from countersign.plugin.exits import Exit
from countersign.plugin.reading import read
from countersign.plugin.requests import Requests
from countersign.plugin.reviews import Reviews
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session
from countersign.plugin.signing import Decision
from tests.support.eventually import eventually
from tests.support.policies import drop_policies, lay_down
from tests.support.requests_counted import AuditTrail
from tests.support.shop import Shop, request_object
from tests.support.terminal_people import ESCAPE, People, Said, without_colours
from tests.support.terminals import HOSTILE, dangerous

RESTART = "kubectl rollout restart deployment/web"
SCALE = "kubectl scale deployment/web --replicas=5"


def name_of(said: Said) -> str:
    """The name of the request that ``propose`` has told."""
    found = re.search(r"^\S+/(\S+) proposed", said.out, re.MULTILINE)
    assert found, said
    return found[1]


def test_from_the_proposal_to_its_undoing_as_people_type_it(people: People) -> None:
    """The real executable, found by kubectl, in a pipe: eight commands."""
    place = people.shop.namespace
    proposed = people.kubectl("agent", "propose", SCALE, "-d", "Sale at 20:00.", "--wait")
    assert proposed.status == Exit.DONE, proposed
    name = name_of(proposed)
    assert name.startswith("scale-web-")
    assert "    spec.replicas\n    - 3\n    + 5\n" in proposed.out

    listed = people.kubectl("alice", "list", "--to-sign")
    assert listed.status == Exit.DONE
    assert re.search(
        rf"^{name} +Pending +Scale +Deployment/web +\w+ +0/1 +agent", listed.out, re.MULTILINE
    )

    signed = people.kubectl("alice", "approve", name, "-y", "-m", "Go ahead.")
    assert signed == Said(
        f"Signed: {place}/{name}.\n",
        f"To see it through: kubectl countersign wait {name} -n {place}\n",
        0,
    )
    waited = people.kubectl("alice", "wait", name)
    assert waited.status == Exit.DONE, waited
    assert waited.out.startswith(f"{place}/{name} is Succeeded. Scale Deployment {place}/web")

    shown = people.kubectl("eve", "show", f"{place}/{name}")
    for words in ("Why           Sale at 20:00.", "✓ alice (sre) approves: Go ahead.", "Timeline"):
        assert words in shown.out
    told = people.kubectl("bob", "history", "deploy/web")
    assert re.search(rf"{name} +Succeeded +Scale +Deployment/web +agent +alice +\d", told.out)

    undone = people.kubectl("agent", "undo", name, "-o", "json")
    [back] = [undone.json]
    assert back["spec"]["operation"]["scale"] == {"replicas": 3}
    assert back["spec"]["requestedBy"] == "agent"
    said = [proposed, listed, signed, waited, shown, told, undone]
    assert not any(ESCAPE in each.out + each.err for each in said)


def test_at_a_terminal_the_plan_is_shown_and_a_yes_is_needed(people: People) -> None:
    people.shop.propose("r", action=RESTART, description=HOSTILE, verb="create")
    digest = people.shop.planned("r")["status"]["plan"]["digest"]
    asked = people.typed("alice", "approve", "r", keys="n\n")
    text = without_colours(asked.out)
    assert asked.status == Exit.REFUSED
    assert ESCAPE in asked.out
    assert digest in text
    assert "Sign this plan? [y/N]" in text
    assert "error: Nothing was signed." in text
    assert r"\x1b[2J" in text, "what is hostile is shown, and not obeyed"
    assert dangerous(text) == set()
    assert people.typed("alice", "approve", "r", keys="y\n").status == Exit.DONE
    [entry] = people.shop.request("r")["spec"]["signatures"]
    assert (entry["signer"], entry["plan"], entry["groups"]) == ("alice", digest, ["sre"])


def test_a_no_ends_a_request_and_its_reason_is_told(people: People) -> None:
    people.shop.propose("r", action=RESTART)
    people.shop.planned("r")
    assert people.run("alice", "deny", "r", "-y", "-m", "Not on a Friday.").status == Exit.DONE
    waited = people.run("agent", "wait", "r")
    assert waited.status == Exit.NOT_SO
    assert "r is Denied: Denied by alice: Not on a Friday." in waited.err
    late = people.run("bob", "approve", "r", "-y")
    assert late.status == Exit.REFUSED
    assert "is Denied: it has been decided" in late.err


def test_who_proposed_calls_it_off_and_nobody_else_without_the_right(people: People) -> None:
    people.shop.propose("r", action=RESTART)
    people.shop.planned("r")
    eve = people.run("eve", "cancel", "r")
    assert (eve.status, eve.out) == (Exit.REFUSED, "")
    assert eve.err.count("\n") == 1
    assert people.run("agent", "cancel", "r").status == Exit.DONE
    assert people.shop.ended("r")["status"]["phase"] == "Cancelled"
    people.shop.carried_out("s", action=RESTART)
    late = people.run("agent", "cancel", "s")
    assert late.status == Exit.REFUSED
    assert "s is Succeeded: it has been decided, and can no longer be called off." in late.err


def test_a_signature_can_be_taken_back_while_it_is_pending(people: People) -> None:
    people.shop.propose("r", action=RESTART, requiredSignatures=4)
    people.shop.planned("r")
    people.shop.sign("r", user="bob")  # By kubectl, under another field manager.
    for user in ("alice", "dave"):
        assert people.run(user, "approve", "r", "-y").status == Exit.DONE
    for user in ("alice", "bob"):
        assert people.run(user, "withdraw", "r").status == Exit.DONE
    assert [each["signer"] for each in people.shop.request("r")["spec"]["signatures"]] == ["dave"]
    again = people.run("alice", "withdraw", "r")
    assert again.status == Exit.MISSING
    assert "You (alice) have not signed" in again.err
    assert people.run("alice", "approve", "r", "-y").status == Exit.DONE


def test_what_is_suspended_is_to_be_signed_by_whoever_is_missing(people: People) -> None:
    shop = people.shop
    shop.propose("r", action=RESTART)
    shop.planned("r")
    wanted = [{"name": "SRE", "groups": ["sre"]}, {"name": "owner", "groups": ["owners"]}]
    lay_down(shop, suspend=True, from_=wanted)
    shop.sign("r", user="alice")
    shop.sign("r", user="bob")
    status = shop.when("r", lambda status: status["signed"] == "2/2")["status"]
    assert status["message"].startswith("Suspended")

    def to_sign() -> str:
        return people.run("dave", "list", "--to-sign", "-n", shop.namespace, "-o", "name").out

    assert to_sign() == "approvalrequest.countersign.dev/r\n"
    assert people.run("dave", "approve", "r", "-y").status == Exit.DONE
    shop.when("r", lambda status: status["signed"] == "3/2")
    assert to_sign() == ""


def test_what_is_to_be_signed_is_what_one_may_sign_and_has_not(people: People) -> None:
    shop = people.shop
    shop.propose("low", action=RESTART)
    shop.propose("high", action=RESTART, riskLevel="high")
    shop.propose("dry", action=RESTART, dryRun=True)
    shop.propose("own", user="alice", action=RESTART)
    for name in ("low", "high", "own"):
        shop.planned(name)
    shop.ended("dry")

    def to_sign(user: str, *more: str) -> set[str]:
        said = people.run(user, "list", "--to-sign", "-o", "json", *more)
        return {
            each["metadata"]["name"]
            for each in said.json["items"]
            if each["metadata"]["namespace"] == shop.namespace
        }

    assert to_sign("alice") == {"low"}
    assert to_sign("bob") == to_sign("bob", "-A") == {"low", "own"}
    assert to_sign("carol") == {"low", "high", "own"}
    assert to_sign("agent") == to_sign("eve") == set()
    assert people.run("carol", "approve", "high", "-y").status == Exit.DONE
    assert to_sign("carol") == {"low", "own"}
    assert {
        each["metadata"]["name"]
        for each in people.run("alice", "list", "--mine", "-o", "json").json["items"]
    } == {"own"}
    none = people.run("eve", "list", "--to-sign")
    assert (none.out, none.status) == ("", 0)
    assert "Nothing waits for your signature" in none.err


def test_a_plan_that_changed_since_it_was_shown_is_not_signed(people: People) -> None:
    shop = people.shop
    shop.propose("r", action=RESTART, verb="create", requiredSignatures=2)
    first = shop.planned("r")["status"]["plan"]["digest"]
    shop.kubectl("rollout", "restart", "deployment/web")
    shop.settled("web")
    shop.sign("r", user="bob")
    shop.sign("r", user="carol")  # The second makes it run, and find that the target has changed.
    shop.when("r", lambda status: (status.get("plan") or {}).get("revision") == 2)
    said = people.run("alice", "approve", "r", "-y", "--plan", first)
    assert said.status == Exit.REFUSED
    assert "has changed since it was shown, so nothing was signed." in said.err
    renewed = people.run("bob", "approve", "r", "-y")
    assert renewed.status == Exit.DONE, renewed
    shown = people.run("alice", "show", "r").out
    assert "- carol (sre-leads) approves - does not count: it is for another plan" in shown
    assert "✓ bob (sre) approves" in shown


async def test_what_changes_between_question_and_answer_is_not_signed(
    people: People,
) -> None:
    shop = people.shop
    shop.propose("r", action=RESTART)
    item = shop.planned("r")
    session, connection = await connected(people, "alice")
    try:
        me = await session.reviews.who()
        shown = read(item)
        plan = shown.status.plan
        assert plan is not None
        with pytest.raises(Exception, match="has changed since it was shown") as refusal:
            await signed_by(session, shown, me, Decision.APPROVE, "sha256:" + "0" * 64, None)
        assert refusal.value.exit is Exit.REFUSED  # type: ignore[attr-defined]
        shop.delete("approvalrequest", "r")
        shop.propose("r", action=RESTART)
        shop.planned("r")
        with pytest.raises(Exception, match="was deleted and proposed anew since it was shown"):
            await signed_by(session, shown, me, Decision.APPROVE, plan.digest, None)
    finally:
        await connection.close()
    assert "signatures" not in shop.request("r")["spec"]


async def test_a_withdrawal_notices_that_its_entry_stands_elsewhere_by_now(people: People) -> None:
    shop = people.shop
    shop.propose("r", action=RESTART, requiredSignatures=4)
    shop.planned("r")
    for user in ("alice", "bob", "carol"):
        shop.sign("r", user=user)
    session, connection = await connected(people, "bob")
    try:
        me = await session.reviews.who()
        patch = signing.withdrawal(read(shop.request("r")), me)
        assert people.kubectl("alice", "withdraw", "r").status == Exit.DONE
        with pytest.raises(ApiError) as refusal:
            await session.requests.patch(shop.namespace, "r", patch)
        assert has_moved(refusal.value), refusal.value
    finally:
        await connection.close()
    signers = [each["signer"] for each in shop.request("r")["spec"]["signatures"]]
    assert signers == ["bob", "carol"]


def test_ctrl_c_at_the_question_ends_it_at_once_and_signs_nothing(people: People) -> None:
    people.shop.propose("r", action=RESTART)
    people.shop.planned("r")
    said = people.typed("alice", "approve", "r", keys="\x03", after="[y/N]")
    assert said.status == Exit.INTERRUPTED
    assert "\nerror: Interrupted." in without_colours(said.out)
    assert "signatures" not in people.shop.request("r")["spec"]


async def connected(people: People, user: str) -> tuple[Session, Connection]:
    """A session as a command has it."""
    place = await load_place(str(people.shop.cluster.kubeconfig), user)
    connection = Connection(place.configuration, timeout=30.0)
    session = Session(
        connection,
        Requests(connection),
        Reviews(connection),
        people.shop.namespace,
        Screen(io.StringIO(), io.StringIO()),
    )
    return session, connection


async def test_a_hundred_times_two_people_sign_at_the_same_moment_and_none_is_lost(
    people: People,
) -> None:
    shop = people.shop
    names = [f"r{number:03}" for number in range(100)]
    spec = {"action": RESTART, "requiredSignatures": 3}
    shop.send(*(request_object(name, **spec) for name in names), user="agent")
    eventually(
        lambda: all((each.get("status") or {}).get("plan") for each in shop.requests().values()),
        what="a hundred plans",
        seconds=90,
    )
    items = shop.requests()
    sessions = {user: await connected(people, user) for user in ("alice", "bob")}
    try:
        who = {user: await session.reviews.who() for user, (session, _) in sessions.items()}

        async def sign(user: str, name: str) -> None:
            request = read(items[name])
            assert request.status.plan is not None
            digest = request.status.plan.digest
            await signed_by(sessions[user][0], request, who[user], Decision.APPROVE, digest, user)

        for start in range(0, len(names), 10):
            part = names[start : start + 10]
            await asyncio.gather(*(sign(user, name) for name in part for user in sessions))
    finally:
        for _, connection in sessions.values():
            await connection.close()
    for name, item in shop.requests().items():
        signed = {each["signer"]: each["comment"] for each in item["spec"]["signatures"]}
        assert signed == {"alice": "alice", "bob": "bob"}, name


def test_somebody_who_may_only_look_is_told_so_in_one_sentence(people: People) -> None:
    people.shop.propose("r", action=RESTART)
    people.shop.planned("r")
    place = people.shop.namespace
    signed = people.kubectl("eve", "approve", "r", "-y")
    assert signed.status == Exit.REFUSED
    assert signed.err == (
        f"error: eve may not patch approvalrequests in namespace {place}. It takes a role such as "
        "countersign-approver-RISK (to sign) or countersign-proposer (to call off).\n"
    )
    proposed = people.run("eve", "propose", RESTART)
    assert proposed.err == (
        f"error: eve may not create approvalrequests in namespace {place}. It takes a role such as "
        "countersign-proposer.\n"
    )
    own = people.run("agent", "approve", "r", "-y")
    assert own.status == Exit.REFUSED
    assert "You (agent) proposed" in own.err
    people.shop.propose("h", action=RESTART, riskLevel="high")
    people.shop.planned("h")
    high = people.run("alice", "approve", "h", "-y")
    assert high.status == Exit.REFUSED
    assert high.err.startswith("error: This request is of high risk; to sign it,")
    assert high.err.count("\n") == 1


def test_a_namespace_is_made_ready_and_that_may_be_done_again(
    cluster: object, operator: object
) -> None:
    shop = Shop.opened(cluster, executor=False)  # type: ignore[arg-type]
    people = People(shop)
    shop.deploy()
    shop.settled()
    refused = people.run("agent", "propose", RESTART, "--wait")
    assert refused.status == Exit.NOT_SO
    command = f"kubectl countersign setup -n {shop.namespace} --allow restart-and-scale"
    assert command in refused.err, "the refusal tells what to run"
    assert people.run("agent", "setup", "--allow", "restart").status == Exit.REFUSED

    printed = people.run("admin", "setup", "--allow", "restart,pods", "--print")
    assert [each["kind"] for each in yaml.safe_load_all(printed.out)] == [
        "ServiceAccount",
        "RoleBinding",
        "RoleBinding",
    ]
    assert people.run("agent", "propose", RESTART, "--wait").status == Exit.NOT_SO
    for _ in range(2):
        done = people.run("admin", "setup", "--allow", "restart")
        assert done.status == Exit.DONE, done
        assert "rolebinding.rbac.authorization.k8s.io/countersign-can-restart-and-scale" in done.out
    assert people.run("agent", "propose", RESTART, "--wait").status == Exit.DONE


def test_a_namespace_that_was_made_ready_by_hand_stays_as_it_is(people: People) -> None:
    before = people.shop.get("rolebinding", "countersign-can-restart-and-scale")
    done = people.run("admin", "setup", "--allow", "restart,rollouts")
    assert done.status == Exit.DONE, done
    after = people.shop.get("rolebinding", "countersign-can-restart-and-scale")
    assert after["subjects"] == before["subjects"]


def test_the_commands_cost_few_requests(people: People, audit: AuditTrail) -> None:
    people.shop.propose("r", action=RESTART, requiredSignatures=2)
    people.shop.planned("r")
    costs = {
        ("dave", "list"): 1,
        ("dave", "show", "r"): 1,
        ("dave", "approve", "r", "-y"): 3,  # Who one is, the request, the signature.
        ("dave", "list", "--to-sign"): 2,  # None is left that a right would have to be known for.
        ("dave", "withdraw", "r"): 3,
        ("dave", "list", "--to-sign", "-o", "name"): 3,
        ("dave", "history"): 1,
        ("bob", "propose", RESTART, "--name", "s"): 1,
        ("bob", "cancel", "s"): 1,
    }
    for (user, *command), cost in costs.items():
        before = len(audit.by_user(user))
        assert people.run(user, *command).status == Exit.DONE, command
        asked = audit.by_user(user)[before:]
        assert len(asked) == cost, (command, asked)


def test_of_many_requests_the_api_server_sends_those_that_are_wanted(
    people: People, audit: AuditTrail
) -> None:
    for name in ("over", "open"):
        people.shop.propose(name, action=RESTART)
        people.shop.planned(name)
    people.shop.sign("over", decision="Deny")
    people.shop.ended("over")
    shown = {
        ("list", "--to-sign"): "open",
        ("list", "--phase", "Denied"): "over",
        ("history",): "over",
    }
    for command, name in shown.items():
        before = len(audit.by_user("dave"))
        said = people.run("dave", *command, "-o", "json")
        assert [each["metadata"]["name"] for each in said.json["items"]] == [name]
        [asked] = [each for each in audit.by_user("dave")[before:] if each.verb == "list"]
        assert "fieldSelector=status.phase" in asked.uri
        assert asked.code == 200


def test_waiting_ends_in_time_and_says_where_things_stand(people: People) -> None:
    people.shop.propose("r", action=RESTART)
    assert people.run("agent", "wait", "r", "--for", "planned").status == Exit.DONE
    late = people.run("agent", "wait", "r", "--timeout", "1s")
    assert late.status == Exit.TIMEOUT
    assert "r is still Pending:" in late.err
    assert "kubectl countersign wait r" in late.err
    assert people.run("agent", "wait", "nope").status == Exit.MISSING


def test_a_request_that_is_not_there_is_told_with_what_is_meant(people: People) -> None:
    place = people.shop.namespace
    people.shop.propose(f"only-in-{place}", action=RESTART)
    for command in ("show", "wait", "approve", "withdraw", "cancel"):
        misspelt = people.run("alice", command, f"onyl-in-{place}")
        assert misspelt.status == Exit.MISSING, misspelt
        assert misspelt.err == (
            f"error: There is no request onyl-in-{place} in namespace {place}. Did you mean "
            f"only-in-{place}?\n"
        )
    elsewhere = people.run("alice", "show", f"only-in-{place}", "-n", "default")
    assert elsewhere.status == Exit.MISSING
    assert elsewhere.err.endswith(f"in namespace default. But there is {place}/only-in-{place}.\n")


def test_who_could_sign_is_told_to_those_who_may_know(people: People) -> None:
    people.shop.propose("r", action=RESTART, riskLevel="high")
    people.shop.planned("r")
    people.run("carol", "approve", "r", "-y")
    told = people.run("admin", "explain", "r").out
    assert "Risk high, under policy default." in told
    assert "Missing: 1 more signature of any approver." in told
    assert "  group sre-leads\n" in told
    assert "group sre\n" not in told
    assert "✓ carol (sre-leads) approves" in told
    eve = people.run("eve", "explain", "r").out
    assert "whoever has the verb approve on approvalrequests/high" in eve
    assert "You (eve) could not: that takes the verb approve on approvalrequests/high" in eve
    assert "You (agent) proposed it" in people.run("agent", "explain", "r").out
    assert "You (carol) have signed." in people.run("carol", "explain", "r").out
    could = f"You (erin) could: kubectl countersign approve r -n {people.shop.namespace}"
    assert could in people.run("erin", "explain", "r").out


def test_in_an_emergency_one_person_is_enough_and_is_told_how(people: People) -> None:
    shop = people.shop
    name = lay_down(shop, signatures=3, comment=True, breakGlass={"groups": ["sre"]})
    role = ("--clusterrole=countersign-break-glass", "--user=alice")
    shop.kubectl("create", "rolebinding", "break-glass", *role)
    may = ("auth", "can-i", "break-glass", "approvalrequests", "--subresource=medium")
    eventually(
        lambda: shop.kubectl(*may, user="alice", check=False).stdout.strip() == "yes",
        what="the binding to be in force",
    )
    shop.propose("r", action=RESTART)
    shop.planned("r")
    told = people.run("admin", "explain", "r").out
    assert f"policy default, {name}." in told
    assert "one signature of sre is enough: kubectl countersign approve r -n " in told
    for glass in ((), ("--break-glass",)):
        silent = people.run("alice", "approve", "r", "-y", *glass)
        assert silent.status == Exit.REFUSED
        assert "-m" in silent.err
    assert "signatures" not in shop.request("r")["spec"], "it would not have counted"
    why = ("-m", "Site is down.")
    broken = people.run("alice", "approve", "r", "-y", "--break-glass", *why)
    assert broken.status == Exit.DONE, broken.err
    assert shop.ended("r")["status"]["approval"]["mode"] == "BreakGlass"
    assert "in an emergency (break-glass): Site is down." in people.run("eve", "show", "r").out
    drop_policies(shop)


def test_a_server_that_fills_nothing_in_gets_it_from_the_plugin(people: People) -> None:
    """As it is without MutatingAdmissionPolicy."""
    shop = people.shop
    shop.kubectl("delete", "mutatingadmissionpolicybinding", "countersign-defaults")
    try:
        eventually(lambda: "requestedBy is empty" in _proposed_by_hand(shop), what="it to be off")
        assert people.run("agent", "propose", RESTART, "--name", "r", "--wait").status == Exit.DONE
        assert people.run("alice", "approve", "r", "-y").status == Exit.DONE
        request = shop.ended("r")
        assert request["spec"]["requestedBy"] == "agent"
        [entry] = request["spec"]["signatures"]
        assert entry["groups"] == ["sre"]
        manifest = shop.cluster.state / "for-erin.yaml"
        manifest.write_text(
            json.dumps(request_object("for-erin", action=RESTART, requestedBy="erin"))
        )
        sent = people.run("gitops", "propose", "-f", str(manifest))
        assert sent.status == Exit.DONE, sent.err
        assert shop.request("for-erin")["spec"]["submittedBy"] == "gitops"
        assert entry["plan"] == request["status"]["plan"]["digest"]
    finally:
        shop.cluster.install_project()


def _proposed_by_hand(shop: Shop) -> str:
    body = json.dumps(request_object("probe", action=RESTART))
    command = ("create", "--dry-run=server", "-f", "-")
    return shop.kubectl(*command, user="agent", input=body, check=False).stderr


def test_kubectl_itself_completes_commands_options_and_names(people: People) -> None:
    people.shop.propose("restart-web", action=RESTART)

    def completed(*words: str) -> list[str]:
        done = people.shop.cluster.kubectl("__complete", "countersign", *words)
        return [each.split("\t")[0] for each in done.stdout.splitlines()]

    assert "approve" in completed("app")
    assert "--to-sign" in completed("list", "--")
    place = ("-n", people.shop.namespace, "--context", "eve")
    assert "restart-web" in completed("show", *place, "re")
    script = people.plain("completion", "bash")
    assert (
        "complete -o default -F _kubectl_countersign_completion kubectl-countersign" in script.out
    )


def test_help_tells_every_exit_status(people: People) -> None:
    told = people.plain("--help").out
    for status in Exit:
        assert re.search(rf"^ +{status.value} +\w", told, re.MULTILINE), status
