"""Each verb of kubectl: what is read, and what is refused."""

from __future__ import annotations

import pytest

from countersign.actions.parser import Refusal, RefusalClass, describe, parse
from countersign.api.operation import Operation

WEB = {"kind": "Deployment", "name": "web", "namespace": None}
POD = {"kind": "Pod", "name": "web-0", "namespace": None}
NODE = {"kind": "Node", "name": "worker-1", "namespace": None}


def _of(kind, name, **more):
    return {"kind": kind, "name": name, "namespace": None} | more


def _several(kind, *names, **more):
    targets = [{"kind": kind, "name": name} for name in names]
    return {"kind": kind, "name": None, "namespace": None, "targets": targets} | more


READ = [
    # rollouts
    ("rollout undo deploy/web", "RollbackRollout", WEB | {"revision": None}),
    (
        "rollout undo sts db --to-revision=4",
        "RollbackRollout",
        _of("StatefulSet", "db", revision=4),
    ),
    ("rollout undo deploy/web --to-revision 0", "RollbackRollout", WEB | {"revision": None}),
    ("rollout pause deploy/web", "PauseRollout", WEB),
    ("rollout resume deployments web", "ResumeRollout", WEB),
    ("rollout restart deploy web api", "RestartRollout", _several("Deployment", "web", "api")),
    (
        "rollout restart ds -l tier=edge",
        "RestartRollout",
        _of("DaemonSet", None, selector="tier=edge"),
    ),
    ("scale sts/a sts/b --replicas=0", "Scale", _several("StatefulSet", "a", "b", replicas=0)),
    # templates
    (
        "set image deploy/web web=shop/web:2",
        "SetImage",
        WEB | {"container": "web", "image": "shop/web:2"},
    ),
    (
        "set image deploy/web b=busybox a=r.io:5000/t/a@sha256:" + "0" * 64,
        "SetImage",
        WEB | {"images": {"a": "r.io:5000/t/a@sha256:" + "0" * 64, "b": "busybox"}},
    ),
    (
        "set image ds/agent *=agent:3",
        "SetImage",
        _of("DaemonSet", "agent", container="*", image="agent:3"),
    ),
    (
        "set image cj/tidy tidy=tidy:2",
        "SetImage",
        _of("CronJob", "tidy", container="tidy", image="tidy:2"),
    ),
    ("set env deploy/web A=1 B= C-", "SetEnv", WEB | {"env": {"A": "1", "B": "", "C": None}}),
    (
        "set env deploy web 'NOTE=a b;c' -c web",
        "SetEnv",
        WEB | {"env": {"NOTE": "a b;c"}, "container": "web"},
    ),
    ("set env deploy/web A=1 --overwrite", "SetEnv", WEB | {"env": {"A": "1"}}),
    (
        "set resources deploy web -c=web --limits=cpu=200m,memory=1Gi --requests cpu=0.1",
        "SetResources",
        WEB
        | {
            "limits": {"cpu": "200m", "memory": "1Gi"},
            "requests": {"cpu": "0.1"},
            "container": "web",
        },
    ),
    (
        "set resources deploy/web --limits=nvidia.com/gpu=1",
        "SetResources",
        WEB | {"limits": {"nvidia.com/gpu": "1"}},
    ),
    # metadata
    ("label no worker-1 disk=ssd zone-", "Label", NODE | {"labels": {"disk": "ssd", "zone": None}}),
    (
        "label ns shop team=a --overwrite=true",
        "Label",
        _of("Namespace", "shop", labels={"team": "a"}, overwrite=True),
    ),
    (
        "label pods -l app=web tier=edge",
        "Label",
        _of("Pod", None, selector="app=web", labels={"tier": "edge"}),
    ),
    ("label node worker-1 role/worker=", "Label", NODE | {"labels": {"role/worker": ""}}),
    (
        "annotate po web-0 note='two words' old-",
        "Annotate",
        POD | {"annotations": {"note": "two words", "old": None}},
    ),
    (
        'annotate svc/web "a.io/b={\\"c\\": 1}"',
        "Annotate",
        _of("Service", "web", annotations={"a.io/b": '{"c": 1}'}),
    ),
    (
        "annotate hr/web at=2026-11-24 --overwrite",
        "Annotate",
        _of("HelmRelease", "web", annotations={"at": "2026-11-24"}, overwrite=True),
    ),
    # patches
    ("patch svc web -p '{\"spec\": {}}'", "Patch", _of("Service", "web", patch='{"spec": {}}')),
    (
        "patch deploy/web --type=merge --patch 'spec: {paused: true}'",
        "Patch",
        WEB | {"patch": "spec: {paused: true}", "patchType": "merge"},
    ),
    ("patch deploy/web --type strategic -p '{}'", "Patch", WEB | {"patch": "{}"}),
    (
        'patch cm web -p $\'data:\\n  "a": "b"\'',
        "Patch",
        _of("ConfigMap", "web", patch='data:\n  "a": "b"'),
    ),
    (
        'patch sts db --type=json -p=\'[{"op": "remove", "path": "/a"}]\'',
        "Patch",
        _of("StatefulSet", "db", patch='[{"op": "remove", "path": "/a"}]', patchType="json"),
    ),
    # deletions
    ("delete pod web-0", "DeletePod", POD),
    ("delete po/web-0 --now", "DeletePod", POD | {"gracePeriodSeconds": 1}),
    (
        "delete pod web-0 --force --grace-period=0",
        "DeletePod",
        POD | {"force": True, "gracePeriodSeconds": 0},
    ),
    ("delete pod web-0 --grace-period=-1 --wait=false", "DeletePod", POD),
    ("--force delete pod web-0", "DeletePod", POD | {"force": True}),
    ("delete pods web-0 web-1", "DeletePod", _several("Pod", "web-0", "web-1")),
    (
        "delete pod -l 'app in (web,api),!canary'",
        "DeletePod",
        _of("Pod", None, selector="app in (web,api),!canary"),
    ),
    (
        "delete pvc data-0 --ignore-not-found",
        "DeleteResource",
        _of("PersistentVolumeClaim", "data-0"),
    ),
    (
        "delete sts/db --cascade=orphan",
        "DeleteResource",
        _of("StatefulSet", "db", cascade="orphan"),
    ),
    ("delete sts/db --cascade=false", "DeleteResource", _of("StatefulSet", "db", cascade="orphan")),
    ("delete sts/db --cascade", "DeleteResource", _of("StatefulSet", "db")),
    ("delete ns old -n shop", "DeleteResource", _of("Namespace", "old")),
    (
        "delete crd gizmos.example.com",
        "DeleteResource",
        _of("CustomResourceDefinition", "gizmos.example.com"),
    ),
    ("delete clusterrole system:old", "DeleteResource", _of("ClusterRole", "system:old")),
    ("delete vmrule slow -n mon", "DeleteResource", _of("VMRule", "slow", namespace="mon")),
    (
        "delete deploy,svc web -n shop",
        "DeleteResource",
        {
            "kind": None,
            "name": None,
            "namespace": "shop",
            "targets": [{"kind": "Deployment", "name": "web"}, {"kind": "Service", "name": "web"}],
        },
    ),
    (
        "delete pod/web-0 svc/web",
        "DeleteResource",
        {
            "kind": None,
            "name": None,
            "namespace": None,
            "targets": [{"kind": "Pod", "name": "web-0"}, {"kind": "Service", "name": "web"}],
        },
    ),
    # nodes
    ("cordon worker-1", "CordonNode", NODE),
    ("cordon node/worker-1", "CordonNode", NODE),
    ("uncordon worker-1 worker-2", "UncordonNode", _several("Node", "worker-1", "worker-2")),
    ("cordon -l pool=old", "CordonNode", _of("Node", None, selector="pool=old")),
    ("adm uncordon worker-1", "UncordonNode", NODE),
    ("drain worker-1 --ignore-daemonsets", "DrainNode", NODE | {"ignoreDaemonsets": True}),
    ("drain worker-1 --ignore-daemonsets=false --timeout=5m --chunk-size=500", "DrainNode", NODE),
    (
        "adm drain worker-1 --force --delete-local-data --grace-period 30 --pod-selector='app!=db'",
        "DrainNode",
        NODE
        | {
            "force": True,
            "deleteEmptyDirData": True,
            "gracePeriodSeconds": 30,
            "podSelector": "app!=db",
        },
    ),
    (
        "taint nodes worker-1 only=db:NoSchedule",
        "TaintNode",
        NODE | {"taints": ["only=db:NoSchedule"]},
    ),
    (
        "taint no worker-1 gone:NoExecute old-",
        "TaintNode",
        NODE | {"taints": ["gone:NoExecute", "old-"]},
    ),
    (
        "taint node worker-1 a=b:NoSchedule- c:NoExecute-",
        "TaintNode",
        NODE | {"taints": ["a=b:NoSchedule-", "c:NoExecute-"]},
    ),
    (
        "taint node -l pool=x a=b:PreferNoSchedule --overwrite",
        "TaintNode",
        _of("Node", None, selector="pool=x", taints=["a=b:PreferNoSchedule"], overwrite=True),
    ),
    # pods and jobs
    ("exec web-0 -- date", "Exec", POD | {"command": ["date"]}),
    (
        "exec -it web-0 -c app -- psql -c 'select 1; select 2'",
        "Exec",
        POD | {"command": ["psql", "-c", "select 1; select 2"], "container": "app"},
    ),
    ("exec pod/web-0 -i -- sh -c 'kill 1'", "Exec", POD | {"command": ["sh", "-c", "kill 1"]}),
    (
        "exec web-0 -n shop -- ls -n other --all",
        "Exec",
        POD | {"namespace": "shop", "command": ["ls", "-n", "other", "--all"]},
    ),
    ("evict pod web-0", "EvictPod", POD),
    ("evict po/web-0 --grace-period=10", "EvictPod", POD | {"gracePeriodSeconds": 10}),
    ("create job tidy-1 --from=cronjob/tidy", "RunJob", _of("Job", "tidy-1", fromCronJob="tidy")),
    (
        "create job --from cj/tidy tidy-1 -n shop",
        "RunJob",
        _of("Job", "tidy-1", namespace="shop", fromCronJob="tidy"),
    ),
]


@pytest.mark.parametrize(("command", "operation", "expected"), READ, ids=[row[0] for row in READ])
def test_a_command_is_read_with_all_that_matters_and_nothing_more(command, operation, expected):
    outcome = parse(f"kubectl {command}")
    assert isinstance(outcome, Operation), outcome
    assert describe(outcome) == {"operation": operation} | expected


REFUSED = [
    ("rollout undo deploy/web --to-revision=x", "malformed", "whole number"),
    ("rollout undo web", "ambiguous", "without a kind"),
    ("rollout pause sts/db", "unsupported", "Deployment only"),
    ("rollout restart deploy/web deploy/web", "malformed", "twice"),
    ("rollout restart deploy/web api", "malformed", "no kind itself"),
    ("rollout restart deploy " + " ".join(f"w{n}" for n in range(17)), "ambiguous", "16"),
    ("scale dc/web --replicas=1", "unsupported", "DeploymentConfig"),
    ("set image deploy/web web", "malformed", "no kind itself"),
    ("set image deploy/web web=", "malformed", "no image"),
    ("set image deploy/web web=Shop/Web:2", "malformed", "no image"),
    ("set image deploy/web web=a:2 web=a:3", "malformed", "twice"),
    ("set image deploy/web *=a web=b", "malformed", "by itself"),
    ("set image deploy/web web-", "malformed", "CONTAINER=IMAGE"),
    ("set image deploy/web", "malformed", "No container"),
    ("set image deploy --all web=a", "ambiguous", "--all"),
    ("set image deploy/web web=a --record", "unsupported", "annotation"),
    ("set env deploy/web --list", "read-only", "changes nothing"),
    ("set env deploy/web --from=secret/db", "unsupported", "--from"),
    ("set env deploy/web -e A=1", "unsupported", "NAME=value"),
    ("set env deploy/web 9A=1", "malformed", "cannot be a name"),
    ("set env deploy/web A=1 -", "unsupported", "standard input"),
    ("set env deploy/web A=1 --overwrite=false", "unsupported", "--overwrite=false"),
    ("set env deploy/web -c 'we*' A=1", "ambiguous", "pattern"),
    ("set env deploy/web A=1 --dry-run=server", "read-only", "dry run"),
    ("set resources deploy/web", "malformed", "No limits"),
    ("set resources deploy/web --limits=cpu", "malformed", "quantity"),
    ("set resources deploy/web --limits=cpu=1,cpu=2", "malformed", "twice"),
    ("set resources deploy/web --limits=cpu=lots", "malformed", "quantity"),
    ("set serviceaccount deploy/web x", "unsupported", "not carried out"),
    ("label pods --all a=b", "ambiguous", "--all"),
    ("label pod web-0 a=b c", "malformed", "objects first"),
    ("label pod web-0 a='two words'", "malformed", "annotate"),
    ("label pod web-0 a=b a-", "malformed", "twice"),
    ("label pod web-0", "malformed", "No label"),
    ("label pod web-0 a=b --resource-version=4", "unsupported", "bound"),
    ("label -f x.yaml a=b", "unsupported", "file"),
    ("annotate pod web-0 -x=b", "unsupported", "not known"),
    ("patch deploy web", "malformed", "missing"),
    ("patch -p '{}'", "no-target", "no object"),
    ("patch deploy web -p '{\"a\": 1'", "malformed", "cannot be read"),
    ("patch deploy web -p 'a: [*b]'", "malformed", "alias"),
    ("patch deploy web -p 'a: !!python/name:x {}'", "malformed", "tag"),
    ('patch deploy web -p \'{"a": 1, "a": 2}\'', "malformed", "twice"),
    ("patch deploy web -p 'to set the memory'", "malformed", "mapping"),
    ("patch deploy web -p '[]'", "malformed", "mapping"),
    ("patch deploy web -p '{}' --type=json", "malformed", "list of operations"),
    ("patch deploy web -p '[]' --type=json", "malformed", "list of operations"),
    (
        'patch deploy web -p \'[{"op": "add", "path": "/a"}]\' --type json',
        "malformed",
        "list of operations",
    ),
    ("patch deploy web -p '{}' --type=apply", "malformed", "no type of patch"),
    ("patch deploy web -p '{}' --subresource=scale", "unsupported", "--subresource"),
    ("patch deploy web --patch-file=x", "unsupported", "file"),
    ("delete web", "ambiguous", "without a kind"),
    ("delete ns", "no-target", "without a name"),
    ("delete pods --all", "ambiguous", "--all"),
    ("delete pod web-0 --all", "ambiguous", "--all"),
    ("delete pods -A -l app=web", "ambiguous", "--all-namespaces"),
    ("delete all -l app=web", "ambiguous", "many kinds"),
    ("delete pods,svc -l app=web", "ambiguous", "several kinds"),
    ("delete pod web-0 -l app=web", "malformed", "selector"),
    ("delete pod -l 'app in web'", "malformed", "label selector"),
    ("delete pod -l ''", "ambiguous", "all objects"),
    ("delete pod 'web-*'", "ambiguous", "pattern"),
    ("delete pod deploy/web", "malformed", "no kind itself"),
    ("delete pod web-0 --now --grace-period=0", "malformed", "contradict"),
    ("delete pod web-0 --force --grace-period=9", "malformed", "contradicts"),
    ("delete pod web-0 --grace-period=1.5", "malformed", "whole number"),
    ("delete pod web-0 --cascade=orphan", "unsupported", "owns nothing"),
    ("delete sts db --cascade orphan", "malformed", "--cascade=orphan"),
    ("delete sts db --cascade=all", "malformed", "orphan"),
    ("delete pod web-0 --force maybe=1", "malformed", "no name"),
    ("delete pod web-0 --force=maybe", "malformed", "on or off"),
    ("delete -f web.yaml --force", "unsupported", "file"),
    ("delete --raw /api/v1/x", "unsupported", "--raw"),
    ("delete gizmo x", "ambiguous", "apiVersion"),
    ("cordon", "no-target", "no Node"),
    ("cordon node worker-1", "malformed", "node/NAME"),
    ("cordon pod/web-0", "unsupported", "Node only"),
    ("cordon worker-1 -l pool=x", "malformed", "selector"),
    ("drain worker-1 --disable-eviction", "unsupported", "--disable-eviction"),
    ("drain worker-1 --skip-wait-for-delete-timeout=5", "unsupported", "--skip-wait"),
    ("drain worker-1 --as=root", "unsupported", "another cluster or user"),
    ("drain worker-1 --ignore-daemonsets true", "malformed", "--ignore-daemonsets=true"),
    ("taint nodes worker-1", "malformed", "taints"),
    ("taint nodes worker-1 a=b", "malformed", "no taint"),
    ("taint nodes worker-1 a=b-", "malformed", "no taint"),
    ("taint nodes worker-1 a=b:Never", "malformed", "NoSchedule"),
    ("taint nodes worker-1 a=b:NoSchedule a:NoSchedule-", "malformed", "twice"),
    ("taint nodes --all a-", "ambiguous", "--all"),
    ("taint pod web-0 a=b:NoSchedule", "unsupported", "Node only"),
    ("exec web-0", "interactive", "terminal"),
    ("exec -it web-0 -- bash", "interactive", "terminal"),
    ("exec -it web-0 -- /bin/sh -l", "interactive", "terminal"),
    ("exec web-0 -- env A=1 bash", "interactive", "terminal"),
    ("exec web-0 date", "malformed", "Write --"),
    ("exec deploy/web -- date", "ambiguous", "any of several pods"),
    ("exec web-0 web-1 -- date", "malformed", "More than one word"),
    ("exec -- date", "no-target", "no pod"),
    ("exec web-0 -f x -- date", "unsupported", "file"),
    ("exec web-0 -- " + "a " * 65, "malformed", "64"),
    ("evict pod web-0 --force", "unsupported", "--force"),
    ("evict deploy/web", "unsupported", "Pod only"),
    ("create job tidy-1 --image=busybox", "unsupported", "--image"),
    ("create job tidy-1", "unsupported", "cron job only"),
    ("create job tidy-1 --from=cronjob/tidy -- date", "unsupported", "cron job only"),
    ("create job tidy-1 --from=job/tidy", "unsupported", "cronjob/NAME"),
    ("create job --from=cronjob/tidy", "malformed", "no name"),
    ("create job a b --from=cronjob/tidy", "malformed", "one job"),
    ("create ns shop", "unsupported", "Apply"),
    ("replace -f x.yaml", "unsupported", "Apply"),
    ("rollout", "no-target", "half a command"),
]


@pytest.mark.parametrize(
    ("command", "refused", "hint"), REFUSED, ids=[row[0][:60] for row in REFUSED]
)
def test_what_is_missing_left_over_or_not_supported_is_refused(command, refused, hint):
    outcome = parse(f"kubectl {command}")
    assert isinstance(outcome, Refusal), outcome
    assert (outcome.refused, hint in outcome.message) == (RefusalClass(refused), True), outcome


def test_a_refused_patch_of_a_secret_does_not_tell_what_is_in_it():
    outcome = parse("kubectl patch secret db -p 'stringData: {pin: 0644}'")
    assert isinstance(outcome, Refusal)
    assert "0644" not in outcome.message


@pytest.mark.parametrize("space", ["\t", "\u00a0", "\u3000"])
def test_a_space_that_only_looks_like_one_is_not_changed_inside_quotes(space):
    outcome = parse(f"kubectl exec web-0 -- echo 'a{space}b'")
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass.MALFORMED
