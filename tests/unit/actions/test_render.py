"""Operations as the commands that people would write for them."""

from __future__ import annotations

import shlex

import pytest

from countersign.actions.parser import Refusal, parse
from countersign.actions.render import render
from countersign.api.operation import Operation, OperationType

POD = {"kind": "Pod", "name": "web-0"}


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        (
            {
                "type": "Exec",
                "target": POD,
                "exec": {"command": ["sh", "-c", "echo 'a b' | wc; $X"]},
            },
            "kubectl exec web-0 -- sh -c 'echo '\"'\"'a b'\"'\"' | wc; $X'",
        ),
        (
            {
                "type": "Annotate",
                "target": POD,
                "annotate": {"set": {"a.io/b": "x;\ny"}, "remove": ["c"]},
            },
            "kubectl annotate pod/web-0 'a.io/b=x;\ny' c-",
        ),
        (
            {
                "type": "Scale",
                "target": {"kind": "Deployment", "name": "web"},
                "scale": {"replicas": 0},
            },
            "kubectl scale deployment/web --replicas=0",
        ),
        (
            {
                "type": "DeletePod",
                "target": {"kind": "Pod", "selector": "app in (a, b)", "namespace": "shop"},
            },
            "kubectl delete pod '--selector=app in (a, b)' --namespace=shop",
        ),
        (
            {
                "type": "CordonNode",
                "targets": [{"kind": "Node", "name": "pod"}, {"kind": "Node", "name": "a"}],
            },
            "kubectl cordon node/pod node/a",
        ),
    ],
)
def test_every_word_is_quoted_for_a_shell(operation, command):
    typed = Operation.model_validate(operation)
    assert render(typed) == command
    assert parse(command) == typed


def test_an_apply_is_a_comment_that_is_never_read_as_an_operation():
    rendered = render(
        Operation.model_validate(
            {"type": "Apply", "apply": {"manifest": "kind: Secret\ndata: {a: b}"}}
        )
    )
    assert rendered.startswith("#")
    assert "data" not in rendered
    assert isinstance(parse(rendered), Refusal)


def test_objects_in_several_namespaces_are_several_commands():
    operation = Operation.model_validate(
        {"type": "DeletePod", "targets": [POD | {"namespace": "a"}, POD | {"namespace": "b"}]}
    )
    rendered = render(operation)
    assert rendered == (
        "kubectl delete pod/web-0 --namespace=a; kubectl delete pod/web-0 --namespace=b"
    )
    assert isinstance(parse(rendered), Refusal)


@pytest.mark.parametrize("operation", OperationType)
def test_every_type_has_a_text(operation):
    kind = "Node" if operation.value.endswith("Node") else "Deployment"
    kind = {"DeletePod": "Pod", "EvictPod": "Pod", "Exec": "Pod", "RunJob": "CronJob"}.get(
        operation, kind
    )
    parameters = {
        "Scale": {"replicas": 1}, "SetImage": {"images": [{"container": "a", "image": "b"}]},
        "SetEnv": {"set": {"A": "1"}}, "SetResources": {"limits": {"cpu": "1"}}, "Label": {"set": {"a": "b"}},
        "Annotate": {"set": {"a": "b"}}, "Patch": {"patch": "{}"}, "Apply": {"manifest": "{}"},
        "TaintNode": {"add": [{"key": "a", "effect": "NoSchedule"}]}, "Exec": {"command": ["a"]},
    }.get(operation)  # fmt: skip
    written = {"type": operation, "target": {"kind": kind, "name": "x"}}
    if operation is OperationType.APPLY:
        del written["target"]
    if parameters is not None:
        written[operation.parameters] = parameters
    assert shlex.split(render(Operation.model_validate(written)))
