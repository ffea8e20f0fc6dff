"""The file that says who is told what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from countersign.api.phase import Phase
from countersign.errors import ConfigError
from countersign.notifications.routing import Routing, parse_routing
from countersign.records.notification import NotificationStep
from tests.support.messages import message

SECRET = "https://hooks.example/services/T0/B0/s3cr3t"
FILE = """
channels:
  sre: {type: slack, url: {file: /secrets/sre}}
  audit: {type: webhook, url: {env: AUDIT_URL}, signingKey: {file: /secrets/audit}}
routes:
- channels: [sre]
  namespaces: ["shop-*"]
  risks: [high, critical]
  steps: [signature-wanted, executed]
  phases: [Pending, Failed]
- channels: [audit, sre]
  namespaces: [db]
- channels: [audit]
"""


def way(**fields: Any) -> tuple[str, ...]:
    shop = {"namespace": "shop-eu", "request_namespace": "shop-eu", "risk_level": "high"}
    return parse_routing(FILE).channels_for(message(**{**shop, **fields}))


def test_a_message_goes_every_way_that_matches_and_to_each_channel_once() -> None:
    assert way() == ("sre", "audit")
    assert way(namespace="db") == ("sre", "audit")


@pytest.mark.parametrize(
    "other",
    [
        {"namespace": "shop", "request_namespace": "shop"},
        {"risk_level": "low"},
        {"step": NotificationStep.STALE},
        {"phase": Phase.SUCCEEDED},
    ],
    ids=lambda other: next(iter(other)),
)
def test_everything_that_a_route_says_has_to_hold(other: dict[str, Any]) -> None:
    assert way(**other) == ("audit",)


def test_a_risk_that_is_not_known_is_taken_for_any() -> None:
    assert way(risk_level="unknown") == ("sre", "audit")


def test_the_target_s_namespace_counts_as_well_as_the_requests() -> None:
    assert way(request_namespace="ops") == ("sre", "audit")
    assert way(namespace="ops") == ("sre", "audit")


def test_of_several_objects_each_one_s_namespace_counts() -> None:
    elsewhere = {"namespace": "ops", "request_namespace": "ops"}
    assert way(**elsewhere, namespaces=("ops", "shop-eu")) == ("sre", "audit")
    assert way(**elsewhere, namespaces=("ops",)) == ("audit",)


def test_what_is_left_out_has_a_default() -> None:
    routing = parse_routing(FILE)
    assert (routing.enabled, routing.expiring_soon) == (True, timedelta(hours=1))
    assert isinstance(routing, Routing)


WRONG = {
    "": "the file",
    "[]": "the file",
    "{": "line 1 is not YAML",
    "a: b: c": "line 1 is not YAML",
    "\x00": "not YAML",
    FILE + "extra: 1": "extra is not known here",
    FILE.replace("namespaces: [db]", "namespace: [db]"): "namespace is not known here",
    FILE.replace("{type: slack", "{type: pager"): "channels.sre.type",
    FILE.replace("[audit, sre]", "[audit, ops]"): "no channel is called ops",
    FILE.replace("[high, critical]", "[huge]"): "routes.0.risks.0",
    FILE.replace("[signature-wanted", "[wanted"): "routes.0.steps.0",
    FILE.replace("- channels: [audit]\n", "").replace("[audit, sre]", "[sre]"): (
        "no route leads to audit"
    ),
    FILE.replace("{env: AUDIT_URL}", "{env: AUDIT_URL, file: /x}"): "exactly one of file and env",
    FILE.replace("{env: AUDIT_URL}", "{}"): "exactly one of file and env",
    FILE.replace("/secrets/sre", "secrets/sre"): "channels.sre.url.file",
    FILE.replace(", signingKey: {file: /secrets/audit}", ""): "signingKey belongs to",
    FILE.replace("slack, url", "slack, signingKey: {env: KEY}, url"): "signingKey belongs to",
    FILE.replace("{file: /secrets/sre}", SECRET): "a secret does not stand in this file",
    FILE.replace("{file: /secrets/sre}", f"{{file: '{SECRET}'}}"): "channels.sre.url.file",
    FILE.replace("{file: /secrets/sre}", f"{{'{SECRET}': x}}"): "a field is not known here",
    FILE.replace("{file: /secrets/sre}", f"{{{SECRET}"): "is not YAML",
    FILE.replace("  sre:", "  SRE/1:"): "channels.SRE/1",
    FILE + "expiringSoon: soon": "expiringSoon: write a duration",
    "channels: {}\nroutes: []": "channels",
    FILE + "routes: [{channels: [audit, sre]}]": "line 14 has a key for the second time",
    FILE.replace("{env: AUDIT_URL}", f"{{env: A, env: '{SECRET}'}}"): "line 4 has a key for the",
    FILE + "expiringSoon: 2026-02-30": "not YAML",
    FILE + "enabled: " + "9" * 5000: "not YAML",
    "[" * 5000: "not YAML",
    FILE.replace("namespaces: [db]", "namespaces: db"): "routes.1.namespaces: write a list",
    FILE.replace("channels: [audit, sre]", "channels: []"): "routes.1.channels: write at least one",
    FILE + "enabled: maybe": "enabled: write true or false",
}


@pytest.mark.parametrize("text", WRONG, ids=list(WRONG.values()))
def test_a_file_that_makes_no_sense_is_refused_with_the_place_and_without_the_secret(
    text: str,
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_routing(text)
    assert WRONG[text] in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None
    for jargon in ("tuple", "Tuple", "Input", "dictionary", "instance"):
        assert jargon not in str(caught.value)


def test_what_yaml_merges_is_no_key_for_the_second_time() -> None:
    text = FILE.replace("{type: slack,", "&sre {type: slack,") + "\n"
    text = text.replace("routes:", "  ops: {<<: *sre, url: {env: OPS}}\nroutes:\n- channels: [ops]")
    ops = parse_routing(text).channels["ops"]
    assert (ops.type, str(ops.url)) == ("slack", "the environment variable OPS")
