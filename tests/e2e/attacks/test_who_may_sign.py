"""`kubectl auth can-i` is the truth about signing, for each person and each tier."""

from __future__ import annotations

import pytest

from devcluster.users import PEOPLE, User
from tests.e2e.attacks.conftest import People, Propose
from tests.support.caller import Caller
from tests.support.site import Site

RISKS = ("low", "medium", "high", "critical")
ROLE = "countersign-approver-high"


@pytest.fixture(scope="module")
def by_risk(proposed: Propose) -> dict[str, str]:
    """A planned request of each tier, proposed by nobody who signs."""
    return {risk: proposed(by="gitops", requestedBy="nobody", riskLevel=risk) for risk in RISKS}


def can_i(site: Site, user: User, *question: str) -> bool:
    """What kubectl says of a user, asked by an administrator."""
    known_by = (f"--as={user.name}", *(f"--as-group={group}" for group in user.groups))
    place = ("--namespace", site.namespace)
    said = site.cluster.kubectl("auth", "can-i", *question, *known_by, *place, check=False)
    return said.stdout.strip() == "yes"


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("user", PEOPLE, ids=lambda user: user.name)
def test_can_i_says_what_signing_comes_to(
    site: Site, people: People, by_risk: dict[str, str], user: User, risk: str
) -> None:
    answer = people(user.name).sign(by_risk[risk], dry=True)
    signs = answer.code == 200
    assert (
        signs
        or "takes the verb approve" in answer.message
        or "gitops" in answer.message
        or ("cannot patch resource" in answer.message)
    )
    asking = Caller(site.cluster).acting_as(user.name, *user.groups)
    place = {"namespace": site.namespace}
    assert asking.may("approve", "approvalrequests", sub=risk, **place) is signs
    # kubectl's short form asks about a request that is named `high`; our roles answer that alike.
    assert asking.may("approve", "approvalrequests", name=risk, **place) is signs


def test_the_groups_that_a_person_s_rights_come_from_have_to_be_named(site: Site) -> None:
    nobody = User("carol", ())
    assert not can_i(site, nobody, "approve", "approvalrequests", "--subresource=high")


@pytest.mark.parametrize(
    ("rule", "long", "short"),
    [
        ({"resources": ["approvalrequests/high"]}, True, False),
        ({"resources": ["approvalrequests"], "resourceNames": ["high"]}, False, True),
        ({"resources": ["approvalrequests"]}, False, True),
    ],
    ids=["as ours but for its last rule", "the name alone", "verb without a tier"],
)
def test_for_roles_of_one_s_own_only_the_long_form_is_the_truth(
    site: Site,
    people: People,
    by_risk: dict[str, str],
    rule: dict[str, list[str]],
    long: bool,
    short: bool,
) -> None:
    about = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "own"}}
    approve = {"apiGroups": ["countersign.dev"], "verbs": ["approve"], **rule}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "own"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}
    binding = {**about, "kind": "RoleBinding", "roleRef": reference, "subjects": [subject]}
    site.create({**about, "kind": "Role", "rules": [approve]})
    site.create(binding)
    alice = next(user for user in PEOPLE if user.name == "alice")
    try:
        site.becomes("RoleBinding", "own", bool, "to be there")
        assert can_i(site, alice, "approve", "approvalrequests", "--subresource=high") is long
        assert can_i(site, alice, "approve", "approvalrequests/high") is short
        assert (people("alice").sign(by_risk["high"], dry=True).code == 200) is long
    finally:
        site.delete("RoleBinding", "own")
        site.delete("Role", "own")
