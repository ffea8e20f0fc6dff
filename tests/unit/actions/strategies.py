"""Drawn operations and the many ways to write them as a command."""

from __future__ import annotations

from hypothesis import strategies as st

from countersign.api.operation import (
    ALLOWED_KINDS,
    MAX_REPLICAS,
    Kind,
    Operation,
    OperationType,
    ScaleParameters,
    Target,
)

SPELLINGS = {
    Kind.DEPLOYMENT: ("deploy", "deployment", "Deployments", "deployments.apps"),
    Kind.STATEFUL_SET: ("sts", "statefulset", "StatefulSet", "statefulsets.v1.apps"),
    Kind.DAEMON_SET: ("ds", "daemonset", "daemonsets", "daemonset.apps"),
    Kind.REPLICA_SET: ("rs", "replicaset", "ReplicaSets", "replicaset.v1.apps"),
}
names = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,40}[a-z0-9])?", fullmatch=True)
namespaces = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?", fullmatch=True)
numbers = st.integers(0, MAX_REPLICAS)


@st.composite
def operations(draw):
    operation = draw(st.sampled_from(OperationType))
    target = Target(
        kind=draw(st.sampled_from(ALLOWED_KINDS[operation])),
        name=draw(names),
        namespace=draw(st.none() | namespaces),
    )
    scale = None
    if operation is OperationType.SCALE:
        scale = ScaleParameters(replicas=draw(numbers), current_replicas=draw(st.none() | numbers))
    return Operation(type=operation, target=target, scale=scale)


def _flag(draw, name, value, short=None):
    forms = [(f"--{name}={value}",), (f"--{name}", f"{value}")]
    if short:
        forms += [(f"-{short}{value}",), (f"-{short}={value}",), (f"-{short}", f"{value}")]
    return draw(st.sampled_from(forms))


@st.composite
def words_of_commands(draw, operation):
    """The command as words, in drawn spelling and with its flags in drawn places."""
    target = operation.target
    kind = draw(st.sampled_from(SPELLINGS[target.kind]))
    pieces = [("rollout",), ("restart",)] if operation.scale is None else [("scale",)]
    pieces += draw(st.sampled_from([[(f"{kind}/{target.name}",)], [(kind,), (target.name,)]]))
    flags = []
    if target.namespace is not None:
        flags.append(_flag(draw, "namespace", target.namespace, "n"))
    if operation.scale is not None:
        flags.append(_flag(draw, "replicas", operation.scale.replicas))
        if operation.scale.current_replicas is not None:
            flags.append(_flag(draw, "current-replicas", operation.scale.current_replicas))
    for flag in flags:
        pieces.insert(draw(st.integers(0, len(pieces))), flag)
    return ["kubectl", *(word for piece in pieces for word in piece)]
