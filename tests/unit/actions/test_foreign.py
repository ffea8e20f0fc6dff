"""What is understood exactly and cannot be carried out here."""

from __future__ import annotations

import pytest

from countersign.actions.parser import Foreign, Refusal, RefusalClass, parse

ELSEWHERE = [
    ("ssh worker-1 reboot", {"operation": "SSH", "kind": "Host", "name": "worker-1", "namespace": None, "command": "reboot"}),
    (
        "ssh -p 2222 -i ~/.ssh/id -o StrictHostKeyChecking=no ops@10.0.0.7 -- sudo systemctl restart kubelet",
        {"operation": "SSH", "kind": "Host", "name": "10.0.0.7", "namespace": None, "user": "ops", "port": 2222, "command": "sudo systemctl restart kubelet"},
    ),
    (
        "Restart it: `ssh -tl root db-1 'systemctl restart postgresql; uptime'`",
        {"operation": "SSH", "kind": "Host", "name": "db-1", "namespace": None, "user": "root", "command": "systemctl restart postgresql; uptime"},
    ),
    ("helm rollback web", {"operation": "HelmRollback", "kind": "HelmRelease", "name": "web", "namespace": None, "revision": None}),
    ("helm rollback web 0 --wait", {"operation": "HelmRollback", "kind": "HelmRelease", "name": "web", "namespace": None, "revision": None}),
    (
        "Roll back with `helm -n shop rollback web 3 --timeout 5m`",
        {"operation": "HelmRollback", "kind": "HelmRelease", "name": "web", "namespace": "shop", "revision": 3},
    ),
    (
        "helm rollback web 3 --kube-context=live",
        {"operation": "HelmRollback", "kind": "HelmRelease", "name": "web", "namespace": None, "revision": 3, "context": "live"},
    ),
    ("kubectl apply -f web.yaml", {"operation": "Apply", "kind": None, "name": None, "namespace": None, "manifest": "web.yaml"}),
    (
        "kubectl -n shop apply -f https://example.com/a/web.yaml --server-side --force-conflicts",
        {"operation": "Apply", "kind": None, "name": None, "namespace": "shop", "manifest": "https://example.com/a/web.yaml", "forceConflicts": True},
    ),
    ("oc apply -k overlays/live", {"operation": "Apply", "kind": None, "name": None, "namespace": None, "manifest": "overlays/live"}),
    (
        "kubectl --context live delete pod web-0",
        {"operation": "DeletePod", "kind": "Pod", "name": "web-0", "namespace": None, "context": "live"},
    ),
    (
        "kubectl rollout undo deploy/web --kubeconfig ~/.kube/live --context=eu",
        {"operation": "RollbackRollout", "kind": "Deployment", "name": "web", "namespace": None, "revision": None, "kubeconfig": "~/.kube/live", "context": "eu"},
    ),
    (
        "Scale deployment web in cluster live to 3 replicas",
        {"operation": "Scale", "kind": "Deployment", "name": "web", "namespace": None, "replicas": 3, "context": "live"},
    ),
    (
        "restart deployment web in namespace shop on the live cluster",
        {"operation": "RestartRollout", "kind": "Deployment", "name": "web", "namespace": "shop", "context": "live"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "described"), ELSEWHERE, ids=[row[0][:50] for row in ELSEWHERE])
def test_an_action_for_somewhere_else_is_described_and_never_an_operation(text, described):
    outcome = parse(text)
    assert isinstance(outcome, Foreign), outcome
    assert outcome.described == described
    assert "here" in outcome.message or "cluster" in outcome.message


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("ssh worker-1", "interactive"),
        ("ssh -t worker-1 bash", "interactive"),
        ("ssh worker-1 sudo -i", "interactive"),
        ("ssh -J bastion worker-1 reboot", "unsupported"),
        ("ssh -o ProxyCommand='nc x 1' worker-1 reboot", "unsupported"),
        ("ssh -p x worker-1 reboot", "malformed"),
        ("ssh -p 22 -p 23 worker-1 reboot", "ambiguous"),
        ("ssh -l a b@worker-1 reboot", "ambiguous"),
        ("ssh ssh://worker-1 reboot", "malformed"),
        ("ssh worker-1 reboot; ls", "compound"),
        ("ssh worker-1 echo 你好", "ambiguous"),
        ("ssh", "malformed"),
        ("helm rollback", "no-target"),
        ("helm rollback web x", "malformed"),
        ("helm rollback web 1 2", "malformed"),
        ("helm rollback web 1 --force", "unsupported"),
        ("helm rollback web 1 --dry-run", "read-only"),
        ("helm rollback web 1 -n a -n b", "malformed"),
        ("helm list", "read-only"),
        ("helm uninstall web", "unsupported"),
        ("kubectl apply", "no-target"),
        ("kubectl apply web.yaml", "malformed"),
        ("kubectl apply -f a.yaml -f b.yaml", "ambiguous"),
        ("kubectl apply -f -", "unsupported"),
        ("kubectl apply -f a.yaml --prune", "unsupported"),
        ("kubectl apply -f a.yaml -R", "unsupported"),
        ("kubectl apply -f a.yaml --dry-run=server", "read-only"),
        ("cat a.yaml | kubectl apply -f -", "compound"),
        ("kubectl --context a --context b delete pod web-0", "ambiguous"),
        ("kubectl --context= delete pod web-0", "malformed"),
        ("kubectl --context live get pods", "read-only"),
        ("kubectl --context live --as=root delete pod web-0", "unsupported"),
        ("kubectl --cluster live delete pod web-0", "unsupported"),
        ("do not run `ssh worker-1 reboot`", "unsupported"),
        ("Run `kubectl --context live delete pod web-0` tomorrow", "unsupported"),
    ],
)
def test_somewhere_else_is_held_to_the_same_rules(text, refused):
    outcome = parse(text)
    assert isinstance(outcome, Refusal), outcome
    assert outcome.refused is RefusalClass(refused), outcome


def test_a_message_is_bounded():
    with pytest.raises(ValueError, match="400"):
        Foreign({}, "x" * 401)
