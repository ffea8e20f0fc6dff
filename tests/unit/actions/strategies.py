"""Drawn operations and the many ways to write them as a command."""

from __future__ import annotations

import json
import shlex

from hypothesis import strategies as st

from countersign.actions.render import render
from countersign.api.kinds import is_cluster_scoped
from countersign.api.operation import ALLOWED_KINDS, Kind, Operation, OperationType, Target
from countersign.api.parameters import MAX_REPLICAS

SPELLINGS = {
    "deployment": ("deploy", "deployment", "Deployments", "deployments.apps"),
    "statefulset": ("sts", "statefulset", "StatefulSet", "statefulsets.v1.apps"),
    "daemonset": ("ds", "daemonset", "daemonsets", "daemonset.apps"),
    "replicaset": ("rs", "replicaset", "ReplicaSets", "replicaset.v1.apps"),
    "pod": ("po", "pods", "Pod"),
    "node": ("no", "nodes", "Node"),
    "service": ("svc", "services", "Service"),
}
RENDERED = [each for each in OperationType if each is not OperationType.APPLY]
ANY_KIND = (
    ("Service", None), ("ConfigMap", None), ("Namespace", None), ("PersistentVolumeClaim", None),
    ("Deployment", None), ("Node", None), ("VMRule", None), ("ExternalSecret", None),
    ("Certificate", "cert-manager.io/v1"), ("Backup", "velero.io/v1"), ("Backup", "longhorn.io/v1beta2"),
    ("Service", "serving.knative.dev/v1"), ("Gizmo", "example.com/v1alpha1"),
)  # fmt: skip
_LIKE_VALUES = ("0", "1", "t", "f", "true", "false", "none", "client", "server", "orphan")
names = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,40}[a-z0-9])?", fullmatch=True).filter(
    lambda name: name not in _LIKE_VALUES  # Behind a flag it is refused as that flag's value.
)
labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
selectors = st.sampled_from(
    ("app=web", "app in (web, api),tier!=db", "!canary", "a==b", "c notin (d)")
)
keys = st.from_regex(
    r"([a-z]{1,5}\.io/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,10}[A-Za-z0-9])?", fullmatch=True
)
label_values = st.from_regex(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?)?", fullmatch=True)
env_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,10}[A-Za-z0-9_]", fullmatch=True)
texts = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=("C", "Z"),
        exclude_characters="\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd\ufe0e\ufe0f",
    )
    | st.sampled_from(" \n'\"`$;|&<>(){}\\#*?"),
    max_size=30,
).filter(
    lambda text: (
        not any(
            "\ufe00" <= c <= "\ufe0f"
            or "\U000e0100" <= c <= "\U000e01ef"
            or "\u180b" <= c <= "\u180f"
            for c in text
        )
    )
)
seconds = st.none() | st.integers(0, 86_400)
numbers = st.integers(0, MAX_REPLICAS)
containers = st.none() | labels
quantities = st.dictionaries(
    st.sampled_from(("cpu", "memory", "nvidia.com/gpu")),
    st.sampled_from(("0", "500m", "1.5Gi", "2e3")),
    max_size=3,
)
images = st.from_regex(
    r"([a-z]{1,8}\.io(:[0-9]{4})?/)?[a-z]{1,8}(/[a-z]{1,8})?(:[a-z0-9]{1,8})?", fullmatch=True
)


def _pairs(draw, keys, values):
    keyed = draw(st.dictionaries(keys, values | st.none(), min_size=1, max_size=3))
    return {
        "set": {key: value for key, value in keyed.items() if value is not None},
        "remove": [key for key, value in keyed.items() if value is None],
    }


def _unset(**given):
    return {key: value for key, value in given.items() if value is not None}


def _taints(draw):
    taints = draw(
        st.dictionaries(
            keys,
            st.tuples(st.sampled_from(("NoSchedule", "NoExecute")), label_values, st.booleans()),
            min_size=1,
            max_size=3,
        )
    )
    return {
        "add": [{"key": k, "effect": e, "value": v} for k, (e, v, put) in taints.items() if put],
        "remove": [
            {"key": k} | ({"effect": e} | ({"value": v} if v else {}) if v != "x" else {})
            for k, (e, v, put) in taints.items() if not put
        ],
        "overwrite": draw(st.booleans()),
    }  # fmt: skip


def _patch(draw):
    document = draw(
        st.dictionaries(texts, texts | st.integers(-9, 9) | st.lists(texts, max_size=2), max_size=3)
    )
    kind = draw(st.sampled_from(("strategic", "merge", "json")))
    if kind == "json":
        return {"type": kind, "patch": json.dumps([{"op": "add", "path": "/a", "value": document}])}
    return {"type": kind, "patch": json.dumps(document, indent=draw(st.sampled_from((None, 1))))}


PARAMETERS = {
    OperationType.SCALE: lambda draw: _unset(replicas=draw(numbers), currentReplicas=draw(st.none() | numbers)),
    OperationType.ROLLBACK_ROLLOUT: lambda draw: _unset(revision=draw(st.none() | st.integers(1, 99))),
    OperationType.SET_IMAGE: lambda draw: {
        "images": [{"container": c, "image": i} for c, i in draw(st.dictionaries(labels, images, min_size=1, max_size=3) | st.fixed_dictionaries({"*": images})).items()]
    },
    OperationType.SET_ENV: lambda draw: _pairs(draw, env_names, texts) | _unset(container=draw(containers)),
    OperationType.SET_RESOURCES: lambda draw: {"limits": draw(quantities), "requests": draw(quantities) or {"cpu": "1"}} | _unset(container=draw(containers)),
    OperationType.LABEL: lambda draw: _pairs(draw, keys, label_values) | {"overwrite": draw(st.booleans())},
    OperationType.ANNOTATE: lambda draw: _pairs(draw, keys, texts) | {"overwrite": draw(st.booleans())},
    OperationType.PATCH: _patch,
    OperationType.DELETE_POD: lambda draw: draw(st.sampled_from(({}, {"force": True}, {"force": True, "gracePeriodSeconds": 0}))) or _unset(gracePeriodSeconds=draw(seconds)),
    OperationType.EVICT_POD: lambda draw: _unset(gracePeriodSeconds=draw(seconds)),
    OperationType.DELETE_RESOURCE: lambda draw: {"cascade": draw(st.sampled_from(("background", "foreground", "orphan")))} | _unset(gracePeriodSeconds=draw(seconds)),
    OperationType.DRAIN_NODE: lambda draw: {
        "ignoreDaemonSets": draw(st.booleans()), "deleteEmptyDirData": draw(st.booleans()), "force": draw(st.booleans()),
    } | _unset(gracePeriodSeconds=draw(seconds), podSelector=draw(st.none() | selectors)),
    OperationType.TAINT_NODE: _taints,
    OperationType.RUN_JOB: lambda draw: {"name": draw(labels)},
    OperationType.EXEC: lambda draw: {"command": ["date", *draw(st.lists(texts, max_size=4))]} | _unset(container=draw(containers)),
}  # fmt: skip
ONE_TARGET = (OperationType.RUN_JOB, OperationType.EXEC)
NO_SELECTOR = (*ONE_TARGET, OperationType.PATCH, OperationType.EVICT_POD)


@st.composite
def operations(draw, types=tuple(RENDERED)):
    operation = draw(st.sampled_from(types))
    kinds = [(str(kind), None) for kind in ALLOWED_KINDS.get(operation, ())] or ANY_KIND
    kind, api_version = draw(st.sampled_from(kinds))
    namespace = None if is_cluster_scoped(kind, api_version) else draw(st.none() | labels)
    about = {"kind": kind, "namespace": namespace, "apiVersion": api_version}
    if operation not in NO_SELECTOR and draw(st.integers(0, 5)) == 0:
        aim = {"target": Target(**about, selector=draw(selectors))}
    else:
        most = 1 if operation in ONE_TARGET else 3
        found = draw(st.lists(names, min_size=1, max_size=most, unique=True))
        targets = [Target(**about, name=name) for name in found]
        aim = {"target": targets[0]} if len(targets) == 1 else {"targets": targets}
    given = PARAMETERS.get(operation)
    parameters = {} if given is None else {operation.parameters: given(draw)}
    return Operation(type=operation, **aim, **parameters)


SWITCHES = ("overwrite", "force", "ignore-daemonsets", "delete-emptydir-data", "cascade")
SHORT = {"namespace": "n", "selector": "l", "patch": "p", "containers": "c", "container": "c"}


def _flag(draw, flag):
    name, is_assigned, value = flag.removeprefix("--").partition("=")
    forms = [(flag,)]
    if not is_assigned:
        forms += [(f"{flag}=true",)]
    elif name not in SWITCHES:
        forms += [(f"--{name}", value)]
        if name in SHORT and value:
            short = f"-{SHORT[name]}"
            forms += [(short, value), (f"{short}={value}",)]
    return draw(st.sampled_from(forms))


@st.composite
def words_of_commands(draw, operation):
    """The command as words, in drawn spelling and with its flags in drawn places."""
    words = shlex.split(render(operation))
    end = words.index("--") if operation.exec is not None else len(words)
    pieces = [(word,) for word in words[:end] if not word.startswith("--")]
    for index, (word,) in enumerate(pieces):
        kind, slash, name = word.partition("/")
        if slash and kind in SPELLINGS:
            pieces[index] = (f"{draw(st.sampled_from(SPELLINGS[kind]))}/{name}",)
    for word in words[:end]:
        if word.startswith("--"):
            pieces.insert(draw(st.integers(1, len(pieces))), _flag(draw, word))
    return [word for piece in pieces for word in piece], words[end:]


__all__ = ["Kind", "operations", "words_of_commands"]
