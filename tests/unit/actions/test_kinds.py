"""Kinds of objects as people write them."""

from __future__ import annotations

import pytest

from countersign.actions.parser import Refusal, parse
from countersign.actions.parser.kinds import is_kind, kind_of, word_for
from countersign.api.kinds import BUILT_IN
from countersign.api.operation import Operation, Target


def _target(word: str, program: str = "kubectl") -> Target | Refusal:
    outcome = parse(f"{program} delete {word} x")
    return outcome.one if isinstance(outcome, Operation) else outcome


@pytest.mark.parametrize("resource", BUILT_IN, ids=lambda resource: resource.kind)
def test_every_kind_of_kubernetes_own_is_known_by_all_its_names(resource):
    group = f".{resource.group}" if resource.group else ""
    version = f".{resource.api_version.rpartition('/')[2]}{group}" if group else ""
    for name in (resource.kind, resource.kind.lower(), resource.plural, *resource.names):
        for suffix in {"", group, version}:
            known = kind_of(name + suffix)
            assert known is not None, name + suffix
            assert (known.kind, known.api_version) == (resource.kind, None)


@pytest.mark.parametrize(
    ("word", "kind", "api_version"),
    [
        ("vmrules", "VMRule", None),
        ("CephBlockPool", "CephBlockPool", None),
        ("hr", "HelmRelease", None),
        ("externalsecrets", "ExternalSecret", None),
        ("certificate", "Certificate", None),
        ("certificates.cert-manager.io", "Certificate", "cert-manager.io/v1"),
        ("certificates.v1alpha2.cert-manager.io", "Certificate", "cert-manager.io/v1alpha2"),
        ("backups.velero.io", "Backup", "velero.io/v1"),
        ("lhb", "Backup", "longhorn.io/v1beta2"),
        ("ksvc", "Service", "serving.knative.dev/v1"),
        ("lhn", "Node", "longhorn.io/v1beta2"),
        ("nodes.longhorn.io", "Node", "longhorn.io/v1beta2"),
        ("node", "Node", None),
        ("svc", "Service", None),
        ("Gizmo.v1.example.com", "Gizmo", "example.com/v1"),
        ("Deployment.v1.example.com", "Deployment", "example.com/v1"),
    ],
)
def test_a_custom_kind_keeps_its_group_where_the_kind_alone_would_not_tell(word, kind, api_version):
    target = _target(word)
    assert isinstance(target, Target), target
    assert (target.kind, target.api_version) == (kind, api_version)


@pytest.mark.parametrize("word", ["backup", "gateway", "machine", "vs", "es", "cluster"])
def test_a_word_for_kinds_of_several_groups_is_refused_with_their_names(word):
    assert is_kind(word)
    refusal = _target(word)
    assert isinstance(refusal, Refusal)
    assert "is a kind of" in refusal.message


def test_of_several_groups_oc_takes_openshifts():
    target = _target("machine", "oc")
    assert isinstance(target, Target)
    assert target.api_version == "machine.openshift.io/v1beta1"


@pytest.mark.parametrize(
    "word",
    [
        "gizmo", "gizmos.example.com", "gizmos.v1.example.com", "deployments.extensions", "pods.v2",
        "deployments.v2.apps", "all", "deploymentss", "de ploy", "ｐods", "Gizmo.example.com",
    ],
)  # fmt: skip
def test_a_word_that_is_no_known_kind_is_refused(word):
    assert isinstance(_target(f"'{word}'"), Refusal)


@pytest.mark.parametrize(
    "text",
    [
        "kubectl rollout restart Deployment.v1.example.com/web",
        "kubectl cordon nodes.longhorn.io/worker-1",
        "kubectl taint nodes.longhorn.io worker-1 a=b:NoSchedule",
        "kubectl create job a --from=cronjobs.v1.example.com/tidy",
    ],
)
def test_what_works_on_kubernetes_own_kinds_does_not_work_on_namesakes(text):
    assert isinstance(parse(text), Refusal)


def test_a_kind_of_a_cluster_has_no_namespace_but_its_namesake_may_have_one():
    own = parse("kubectl delete node x -n shop")
    other = parse("kubectl delete nodes.longhorn.io x -n shop")
    assert isinstance(own, Operation)
    assert isinstance(other, Operation)
    assert (own.one.namespace, other.one.namespace) == (None, "shop")


@pytest.mark.parametrize(
    ("kind", "api_version", "word"),
    [
        ("Deployment", None, "deployment"),
        ("VMRule", None, "vmrule"),
        ("Backup", "longhorn.io/v1beta2", "Backup.v1beta2.longhorn.io"),
        ("Backup", "velero.io/v1", "Backup.v1.velero.io"),
        ("Gizmo", "example.com/v1", "Gizmo.v1.example.com"),
        ("Gizmo", None, "gizmo"),
    ],
)
def test_a_kind_is_written_so_that_it_is_read_as_no_other(kind, api_version, word):
    assert word_for(kind, api_version) == word


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("kubectl delete deploymnt web", " Did you mean deployment?"),
        ("kubectl delete configmpas x", " Did you mean configmaps?"),
        ("kubectl delete qwertz web", ""),
        (f"kubectl delete {'deployment' * 50} web", ""),
    ],
)
def test_a_kind_that_is_misspelt_is_asked_about_and_never_guessed(text, asked):
    refusal = parse(text)
    assert isinstance(refusal, Refusal)
    assert f"no kind that is known here.{asked} Write the kind" in refusal.message
