"""What makes two incidents the same anomaly: the alert, and the labels that say what is wrong.

Labels that say where it was measured this time, or on which copy, change from one occurrence to the
next; they are left out. docs/incidents.md has the list for people.
"""

from __future__ import annotations

import re

from countersign.api.incident import MAX_LABELS, IncidentSpec, Signal
from countersign.api.text import clip, one_line
from countersign.records.fingerprint import fingerprint

ALERT_NAME = "alertname"
UNKNOWN_ALERT = "unknown"
_HASH = 12
_ALERT = 96
_LABEL_NAME = 128
_LABEL_VALUE = 1024

VOLATILE_LABELS = frozenset(
    {
        # The copy of a workload that happened to be hit, and the controller's names for it.
        "pod", "pod_name", "replica", "replicaset", "replica_set", "ordinal", "revision",
        "pod_template_hash", "controller_revision_hash", "pod_template_generation",
        "pod_index", "pod_name_index", "job_completion_index",
        # What it was called by its runtime, its network or its machine.
        "uid", "id", "container_id", "image_id", "sandbox_id", "hostname", "host_id", "machine_id",
        "system_uuid", "boot_id", "address", "internal_ip", "external_ip", "ip",
        # Who measured it, and through what.
        "instance", "endpoint", "prometheus", "prometheus_replica", "monitor", "receiver",
        "fingerprint", "trace_id", "span_id", "request_id",
        # How bad it was this time, not what.
        "severity", "value",
    }
)  # fmt: skip
"""Names of labels, as ``_canonical`` spells them."""
_VOLATILE_ENDINGS = ("_uid", "_ip", "_hash")
_PREFIXES = ("exported_", "kubernetes_io_", "kubernetes_", "k8s_", "label_")
_ON_A_COPY = frozenset({"node", "nodename", "node_name", "host"})
"""They say what is wrong only where no copy of a workload is: else where it happened to run."""
_COPIES = frozenset({"pod", "pod_name"})
_RUN_OF_A_CRON_JOB = re.compile(r"-[0-9]{8,}$")
"""A CronJob calls its Jobs after the minute they are due."""


def alert_of(spec: IncidentSpec) -> str:
    """The alert's name: label ``alertname`` of the first signal, else ``unknown``."""
    labels = spec.signals[0].labels if spec.signals else {}
    return clip(labels.get(ALERT_NAME, ""), _LABEL_VALUE) or UNKNOWN_ALERT


def identifying_labels(signal: Signal) -> dict[str, str]:
    """Those labels of an alert that say what is wrong, by name, fit to be shown."""
    names = {name: _canonical(name) for name in signal.labels}
    on_a_copy = not _COPIES.isdisjoint(names.values())
    kept = {
        clip(name, _LABEL_NAME): _value(canonical, signal.labels[name])
        for name, canonical in names.items()
        if not _is_volatile(canonical) and not (on_a_copy and canonical in _ON_A_COPY)
    }
    return dict(sorted((name, value) for name, value in kept.items() if name)[:MAX_LABELS])


def anomaly_key(spec: IncidentSpec) -> str:
    """``<alertname>/<12 hex digits>``: the same for the same thing, whichever pod it hit.

    Without labels, the category and the services that suffer stand for them.
    """
    labels = identifying_labels(spec.signals[0]) if spec.signals else {}
    what: object = labels or {
        "category": one_line(spec.alert_category or ""),
        "services": sorted({one_line(each) for each in spec.affected_services}),
    }
    return f"{clip(alert_of(spec), _ALERT)}/{fingerprint(what, _HASH)}"


def _value(canonical: str, value: str) -> str:
    shown = clip(value, _LABEL_VALUE)
    return _RUN_OF_A_CRON_JOB.sub("", shown) if canonical == "job_name" else shown


def _is_volatile(canonical: str) -> bool:
    return canonical in VOLATILE_LABELS or canonical.endswith(_VOLATILE_ENDINGS)


def _canonical(name: str) -> str:
    """``statefulset.kubernetes.io/pod-name``, ``exported_pod_name`` and ``podName``: pod_name."""
    last = one_line(name).rpartition("/")[2]
    spelt = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)
    canonical = re.sub(r"[^a-z0-9]+", "_", spelt.lower()).strip("_")
    for prefix in _PREFIXES:
        canonical = canonical.removeprefix(prefix)
    return canonical
