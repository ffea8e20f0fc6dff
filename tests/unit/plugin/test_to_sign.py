"""``list --to-sign``: what the kill switch holds stays in view as long as somebody is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countersign.plugin.app import invoke
from countersign.plugin.exits import Exit
from tests.support.api_over_http import GROUP, StoringApi, served
from tests.support.requests_made import item, signature

pytestmark = pytest.mark.usefixtures("plain_http")
REQUESTS = f"{GROUP}/namespaces/shop/approvalrequests"
POLICIES = f"{GROUP}/approvalpolicies"
ALSO_AN_OWNER = {
    "suspend": True,
    "from": [{"name": "SRE", "groups": ["sre"]}, {"name": "owner", "groups": ["owners"]}],
}


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoringApi]:
    api = StoringApi()
    with served(api, tmp_path) as path:
        monkeypatch.setenv("KUBECONFIG", str(path))
        yield api


def policy(name: str, require: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"match": {}, "require": require}}


def held(*groups: str, signed: str, under: str = "p") -> dict[str, Any]:
    """Suspended, and signed by somebody of each group."""
    made = item(
        spec={
            "signatures": [
                signature(f"one-{number}", groups=[group]) for number, group in enumerate(groups)
            ]
        },
        status={"signed": signed, "policies": [{"name": under, "digest": "sha256:" + "c" * 64}]},
    )
    made["status"]["conditions"][1]["reason"] = "Suspended"
    return made


def to_sign(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Names of what waits for alice."""
    assert invoke(["list", "--to-sign", "-o", "name"]) == Exit.DONE
    return capsys.readouterr().out.split()


NAME = "approvalrequest.countersign.dev/scale-web"


def test_what_lacks_somebody_of_a_group_is_shown_also_where_the_number_is_reached(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.objects[f"{POLICIES}/p"] = policy("p", ALSO_AN_OWNER)
    api.put("approvalrequests", held("sre", "sre", signed="2/2"))
    assert to_sign(capsys) == [NAME]
    assert api.asked == [REQUESTS, POLICIES]


def test_what_lacks_nobody_is_not_shown(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.objects[f"{POLICIES}/p"] = policy("p", ALSO_AN_OWNER)
    api.put("approvalrequests", held("sre", "owners", signed="2/2"))
    assert to_sign(capsys) == []


def test_a_policy_that_a_request_is_not_under_wants_nobody(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.objects[f"{POLICIES}/p"] = policy("p", {"suspend": True})
    api.objects[f"{POLICIES}/q"] = policy("q", ALSO_AN_OWNER)
    api.put("approvalrequests", held("sre", "sre", signed="2/2"))
    assert to_sign(capsys) == []


def test_policies_are_read_only_where_the_number_does_not_say_it(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.put("approvalrequests", held("sre", signed="1/2"))
    assert to_sign(capsys) == [NAME]
    assert api.asked == [REQUESTS]


def test_who_may_not_read_policies_sees_what_the_number_says(
    api: StoringApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.refuses = (POLICIES,)
    api.put("approvalrequests", held("sre", "sre", signed="2/2"))
    assert to_sign(capsys) == []
