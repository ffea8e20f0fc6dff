"""Two operators at once: one leads and one waits, or, at the worst, both think they lead."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from devcluster import Cluster, OperatorProcess
from tests.chaos.conftest import KILLED, SETTINGS, StartOperator
from tests.chaos.crowd import PATIENCE, STAMP, Crowd, is_over, numbered
from tests.chaos.history import APPROVALS, LEASES, History, is_a_life
from tests.chaos.moments import CARRYING_OUT, Footsteps, chance
from tests.support.eventually import eventually

SYSTEM, LEASE = "countersign-system", "countersign-operator"
LONG = {**SETTINGS, "COUNTERSIGN_LEASE_SECONDS": "60"}


def named(
    start_operator: StartOperator, name: str, env: Mapping[str, str], *, wait: bool = True
) -> OperatorProcess:
    """An operator that has its name in the Lease."""
    return start_operator(name, {**env, "COUNTERSIGN_IDENTITY": name}, wait=wait)


def leads(operator: OperatorProcess) -> bool:
    page = httpx.get(f"http://127.0.0.1:{operator.probe_port}/metrics", trust_env=False)
    return "countersign_leading 1.0" in page.text


def is_ready(operator: OperatorProcess) -> bool:
    answer = httpx.get(f"http://127.0.0.1:{operator.probe_port}/readyz", trust_env=False)
    return answer.status_code == httpx.codes.OK


def leader_and_waiting(
    start_operator: StartOperator, env: Mapping[str, str], name: str
) -> tuple[OperatorProcess, OperatorProcess]:
    """Started side by side: one of them comes first."""
    names = (f"{name}-one", f"{name}-other")
    both = [named(start_operator, each, env, wait=False) for each in names]
    for each in both:
        each.wait_until_ready()
    eventually(lambda: any(leads(each) for each in both), what="one to lead", seconds=PATIENCE)
    first, second = sorted(both, key=leads, reverse=True)
    assert is_ready(second)
    assert not leads(second)
    return first, second


def test_the_one_that_waits_takes_over_when_the_leader_is_killed(
    cluster: Cluster, start_operator: StartOperator
) -> None:
    names, dice = numbered(20), chance()
    assert cluster.audit_log is not None
    first, second = leader_and_waiting(start_operator, KILLED, "killed")
    with Crowd.gathered(cluster, names) as crowd:
        crowd.propose(*names)
        crowd.when_all_planned(*names)
        steps = Footsteps(cluster.audit_log)
        crowd.sign(*names)
        steps.wait_for(dice.randint(1, CARRYING_OUT * len(names) // 2), or_until=lambda: False)
        steps.close()
        first.kill()

        def the_other_lives() -> None:
            assert second.alive(), second.log_path.read_text()[-2000:]

        crowd.when_all_ended(*names, meanwhile=the_other_lives)
        crowd.assert_each_took_effect_once(*names)
        crowd.assert_each_was_told_once(*names)
    assert leads(second)


def test_a_leader_that_is_told_to_stop_hands_over_at_once(
    cluster: Cluster, start_operator: StartOperator
) -> None:
    first, second = leader_and_waiting(start_operator, LONG, "hand-over")
    with (
        Crowd.gathered(cluster, ["after"]) as crowd,
        History(cluster, LEASES.format(namespace=SYSTEM)) as history,
    ):
        assert first.terminate() == 0
        crowd.carried_out("after")
        assert leads(second)
    # Given back, and only then taken: nobody waited for the sixty seconds to run out.
    kinds = [holder.partition("_")[0] for holder in history.holders(LEASE)]
    assert kinds[-3:] == [first.name, "", second.name]


def test_a_leader_that_is_told_to_stop_finishes_what_it_has_begun(
    cluster: Cluster, start_operator: StartOperator
) -> None:
    names, dice = numbered(20), chance()
    assert cluster.audit_log is not None
    operator = named(start_operator, "drained", SETTINGS)
    with Crowd.gathered(cluster, names) as crowd:
        crowd.propose(*names)
        crowd.when_all_planned(*names)
        steps = Footsteps(cluster.audit_log)
        crowd.sign(*names)
        steps.wait_for(dice.randint(1, CARRYING_OUT * len(names) // 2), or_until=lambda: False)
        steps.close()
        assert operator.terminate() == 0
        begun = {
            name
            for name, live in crowd.deployments().items()
            if STAMP in live["metadata"]["annotations"]
        }
        statuses = crowd.statuses()
        assert {name for name in begun if not is_over(statuses[name])} == set()
        named(start_operator, "drained-next", SETTINGS)
        crowd.when_all_ended(*names)
        crowd.assert_each_took_effect_once(*names)
        crowd.assert_each_was_told_once(*names)


def test_two_that_both_think_they_lead_do_nothing_twice(
    cluster: Cluster, start_operator: StartOperator
) -> None:
    """Each has a Lease of its own, in a namespace of its own: nothing keeps them apart."""
    names = numbered(30)
    _open_second_namespace(cluster, "countersign-second")
    env = {**SETTINGS, "COUNTERSIGN_NAMESPACE": "countersign-second"}
    one = named(start_operator, "twin-one", SETTINGS, wait=False)
    other = named(start_operator, "twin-other", env, wait=False)
    for twin in (one, other):
        twin.wait_until_ready()
    eventually(lambda: leads(one) and leads(other), what="both to lead", seconds=PATIENCE)
    with (
        Crowd.gathered(cluster, names) as crowd,
        History(cluster, APPROVALS.format(namespace=crowd.namespace)) as history,
    ):
        crowd.propose(*names)
        crowd.when_all_planned(*names)
        crowd.sign(*names)
        crowd.when_all_ended(*names)
        # A request more, start to end: what the slower of the two still had to say is said.
        crowd.deploy("marker")
        crowd.carried_out("marker")
        crowd.assert_each_took_effect_once(*names)
        crowd.assert_each_was_told_once(*names)
    assert [name for name in names if not is_a_life(history.phases(name))] == []
    for name in names:
        decided = [v["status"]["approvedAt"] for v in history.versions(name) if _approved_at(v)]
        assert len(set(decided)) == 1, name
    assert one.alive()
    assert other.alive()


def _approved_at(request: dict[str, dict[str, str]]) -> str | None:
    return request.get("status", {}).get("approvedAt")


def _open_second_namespace(cluster: Cluster, name: str) -> None:
    """What manifests/cluster/rbac gives the operator in its own namespace, in another one."""
    place = ("--namespace", name)
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl(
        *place, "create", "role", "operator",
        "--verb=get,list,watch,create,patch,update", "--resource=configmaps,leases.coordination.k8s.io",
    )  # fmt: skip
    account = f"--serviceaccount={SYSTEM}:countersign-operator"
    cluster.kubectl(*place, "create", "rolebinding", "operator", "--role=operator", account)
