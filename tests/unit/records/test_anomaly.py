"""What makes two incidents the same anomaly."""

from __future__ import annotations

import re
from typing import Any

import pytest

from countersign.api.incident import IncidentSpec, Signal
from countersign.records.anomaly import alert_of, anomaly_key, identifying_labels
from tests.support.incidents import LABELS


def spec(*labels: dict[str, str], **fields: Any) -> IncidentSpec:
    return IncidentSpec(signals=tuple(Signal(labels=each) for each in labels), **fields)


def key(**changed: str) -> str:
    return anomaly_key(spec(LABELS | changed))


def test_a_key_is_the_alerts_name_and_twelve_hexadecimal_digits() -> None:
    assert re.fullmatch(r"KubePodCrashLooping/[0-9a-f]{12}", key())


@pytest.mark.parametrize(
    "name",
    [
        "pod", "pod_name", "podName", "exported_pod", "instance", "exported_instance", "uid",
        "pod_uid", "container_id", "ip", "pod_ip", "host_ip", "endpoint", "replicaset", "replica",
        "pod_template_hash", "pod-template-hash", "controller-revision-hash",
        "label_pod_template_hash", "statefulset.kubernetes.io/pod-name", "prometheus_replica",
        "severity",
    ],
)  # fmt: skip
def test_the_same_thing_on_another_copy_has_the_same_key(name: str) -> None:
    assert key(**{name: "one"}) == key(**{name: "another"})


@pytest.mark.parametrize(
    "name", ["alertname", "namespace", "container", "deployment", "service", "mountpoint", "queue"]
)
def test_another_thing_has_another_key(name: str) -> None:
    assert key(**{name: "one"}) != key(**{name: "another"})


def test_a_node_is_what_is_wrong_unless_a_pod_just_happened_to_run_there() -> None:
    on_a = spec({"alertname": "NodeNotReady", "node": "a"})
    on_b = spec({"alertname": "NodeNotReady", "node": "b"})
    assert anomaly_key(on_a) != anomaly_key(on_b)
    assert key(node="a") == key(node="b")


def test_the_runs_of_a_cron_job_are_the_same_thing() -> None:
    first, second, other = (
        anomaly_key(spec({"alertname": "KubeJobFailed", "job_name": name}))
        for name in ("backup-29412345", "backup-29413785", "report-29413785")
    )
    assert first == second != other


def test_only_the_first_signal_counts_and_the_order_of_labels_does_not() -> None:
    turned = dict(reversed(LABELS.items()))
    assert anomaly_key(spec(turned, {"alertname": "Other"})) == key()


def test_without_an_alerts_name_it_is_unknown() -> None:
    assert alert_of(spec()) == alert_of(spec({"alertname": "\x1b\u202e"})) == "unknown"
    assert anomaly_key(spec({"namespace": "shop"})).startswith("unknown/")


def test_without_labels_category_and_services_tell_incidents_apart() -> None:
    keys = {
        anomaly_key(spec(alert_category=category, affected_services=services))
        for category, services in (("dns", ("a", "b")), ("dns", ("b", "a")), ("disk", ("a", "b")))
    }
    assert len(keys) == 2


def test_what_others_wrote_into_labels_is_bounded_and_can_be_shown() -> None:
    hostile = {"alertname": "\x1b[2J" + "A" * 900, "na\u202eme\x07": "a\nb\x1b[31m" + "x" * 2000}
    assert len(anomaly_key(spec(hostile))) <= 128
    assert anomaly_key(spec(hostile)).isprintable()
    labels = identifying_labels(Signal(labels=hostile))
    assert all(part.isprintable() for pair in labels.items() for part in pair)
    assert max(map(len, labels.values())) <= 1024
