"""What is understood, but is not the cluster's to do: refused with a sentence that helps."""

from __future__ import annotations

import pytest

from tests.support.shop import condition
from tests.support.site import Site

REQUEST = "no"


@pytest.mark.parametrize(
    ("action", "helps"),
    [
        ("ssh web1 systemctl restart nginx", "Write what is wanted as an operation"),
        ("helm rollback web 1", "kubectl rollout undo"),
        ("kubectl apply -f web.yaml", "spec.operation: {type: Apply"),
    ],
)
def test_it_is_refused_as_unsupported_and_told_what_to_write_instead(
    site: Site, action: str, helps: str
) -> None:
    site.propose(REQUEST, action=action)
    status = site.ended(REQUEST)
    assert status["phase"] == "Failed"
    planned = condition(status, "Planned")
    assert planned["reason"] == "Unsupported"
    assert helps in planned["message"]
    site.assert_told(REQUEST, "Unsupported")
    assert condition(status, "Executed") == {}


def test_a_node_takes_a_binding_that_a_namespace_s_team_cannot_give_itself(site: Site) -> None:
    site.propose(REQUEST, action="kubectl cordon node-1")
    planned = condition(site.ended(REQUEST), "Planned")
    assert planned["reason"] == "Forbidden"
    assert "nodes" in planned["message"]
    assert "--allow nodes" in planned["message"]


def test_a_secret_is_out_of_reach_until_somebody_gives_a_right_to_it(site: Site) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}}
    site.create({**secret, "stringData": {"password": "swordfish"}})
    site.propose(REQUEST, action="kubectl delete secret key")
    status = site.ended(REQUEST)
    assert condition(status, "Planned")["reason"] == "Forbidden"
    assert "swordfish" not in str(status)
