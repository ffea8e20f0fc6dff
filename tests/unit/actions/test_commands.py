"""Commands: which are understood, and why the others are not."""

from __future__ import annotations

import pytest

from countersign.actions.parser import Refusal, RefusalClass, parse
from countersign.actions.render import render

RESTART = "kubectl rollout restart deployment/web"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("kubectl rollout restart deploy/web", RESTART),
        ("kubectl rollout restart deploy web", RESTART),
        ("kubectl rollout restart deployments.v1.apps/web", RESTART),
        ("Kubectl Rollout Restart Deployment web", RESTART),
        ("oc rollout restart deployment.apps web", RESTART),
        ("k rollout restart deploy/web", RESTART),
        ("kubectl.exe rollout restart deploy/web", RESTART),
        ("/usr/local/bin/kubectl rollout restart deploy/web", RESTART),
        (r"C:\tools\kubectl.exe rollout restart deploy/web", RESTART),
        ("sudo kubectl rollout restart deploy/web", RESTART),
        ("kubectl rollout restart -- deploy/web", RESTART),
        ("kubectl -n shop rollout restart deploy/web", RESTART + " --namespace=shop"),
        ("kubectl rollout restart deploy/web -nshop", RESTART + " --namespace=shop"),
        ("kubectl rollout -n=shop restart deploy/web", RESTART + " --namespace=shop"),
        ("kubectl --namespace shop rollout restart deploy/web", RESTART + " --namespace=shop"),
        ("kubectl rollout restart deploy/web -n shop -n shop", RESTART + " --namespace=shop"),
        ("kubectl rollout restart 'deploy'/\"web\" -n sh\\op", RESTART + " --namespace=shop"),
        ("kubectl rollout restart deploy/$'web'", RESTART),
        ("kubectl rollout restart \\\n  deploy/web \\\n  -n shop", RESTART + " --namespace=shop"),
        ("kubectl rollout restart deploy/web –namespace=shop", RESTART + " --namespace=shop"),
        ("kubectl scale sts db —replicas 2", "kubectl scale statefulset/db --replicas=2"),
        ("kubectl scale --replicas=0 rs/old", "kubectl scale replicaset/old --replicas=0"),
        (
            "kubectl scale deploy web --current-replicas 2 --replicas=3",
            "kubectl scale deployment/web --replicas=3 --current-replicas=2",
        ),
        ("kubectl rollout restart ds/agent", "kubectl rollout restart daemonset/agent"),
        ("kubectl rollout restart deploy/web # it leaks; see the graph", RESTART),
        ("kubectl rollout restart deploy/web\n\n# done\n", RESTART),
        ("minikube kubectl -- rollout restart deploy/web", RESTART),
        ("sudo k3s kubectl rollout restart deploy/web", RESTART),
        ("microk8s kubectl rollout restart deploy/web", RESTART),
        ("tools/kubectl rollout restart deploy/web", RESTART),
        ("scale sts db --replicas=2", "kubectl scale statefulset/db --replicas=2"),
        ("`drain worker-1 --force`", "kubectl drain worker-1 --force"),
        ("KUBECTL ROLLOUT RESTART DEPLOY web", RESTART),
        ("kubectl rollout restart Deployment.v1.apps/web", RESTART),
    ],
)
def test_a_command_is_understood_however_it_is_written(text, command):
    outcome = parse(text)
    assert not isinstance(outcome, Refusal), outcome
    assert render(outcome) == command


@pytest.mark.parametrize(
    "flag",
    ["-o name", "-oyaml", "--output=json", "-v=6", "--v 4", "--request-timeout=5s", "--timeout=1m"],
)
def test_flags_that_only_change_what_kubectl_prints_or_how_long_it_waits_are_dropped(flag):
    assert parse(f"{RESTART} {flag}") == parse(RESTART)


@pytest.mark.parametrize(
    ("text", "refused", "hint"),
    [
        ("", "no-target", "empty"),
        ("  \n ", "no-target", "empty"),
        ("kubectl", "no-target", "no verb"),
        ("kubectl rollout restart", "no-target", "deployment/web"),
        ("kubectl rollout restart deploy", "no-target", "without a name"),
        ("kubectl rollout restart deploy/", "no-target", "deployment/web"),
        ("kubectl rollout restart web", "ambiguous", "without a kind"),
        ("kubectl rollout restart deploy,pod web", "unsupported", "Pod"),
        ("kubectl rollout restart deploy/web-*", "ambiguous", "pattern"),
        ("kubectl evict pod -l app=web", "ambiguous", "--selector"),
        ("kubectl scale deploy --all --replicas=0", "ambiguous", "--all"),
        ("kubectl rollout restart deploy/web -n a -n b", "ambiguous", "twice"),
        ("kubectl scale deploy/web --replicas=3 --replicas 4", "ambiguous", "twice"),
        ("kubectl rollout restart pod/web", "unsupported", "Deployment, StatefulSet or DaemonSet"),
        ("kubectl rollout restart rs/web", "unsupported", "ReplicaSet"),
        ("kubectl scale ds/web --replicas=1", "unsupported", "DaemonSet"),
        ("kubectl rollout restart deployment.extensions/web", "ambiguous", "no kind"),
        ("kubectl rollout restart deploy/Web", "malformed", "lower case"),
        ("kubectl rollout restart deploy/wеb", "malformed", "U+0435 CYRILLIC SMALL LETTER IE"),
        ("kubectl rollout restart deploy/ｗeb", "malformed", "FULLWIDTH"),
        ("kubectl rollout restart deploy/web -n shop.a", "malformed", "no namespace"),
        ("kubectl rollout restart deploy/web -n ''", "malformed", "empty"),
        ("kubectl rollout restart deploy/web -n", "malformed", "lacks its value"),
        ("kubectl rollout restart deploy/web -namespace shop", "malformed", "--namespace"),
        ("kubectl rollout restart deploy/" + "a" * 254, "malformed", "253"),
        ("kubectl scale deploy/web", "malformed", "--replicas=N"),
        ("kubectl scale deploy/web --replicas=-1", "malformed", "0 to 10000"),
        ("kubectl scale deploy/web --replicas=10001", "malformed", "0 to 10000"),
        ("kubectl scale deploy/web --replicas=010", "malformed", "0 to 10000"),
        ("kubectl scale deploy/web --replicas=three", "malformed", "0 to 10000"),
        ("kubectl scale deploy/web --replicas=" + "9" * 900, "malformed", "0 to 10000"),
        ("kubectl rollout restart deploy/web --dry-run=client", "read-only", "spec.dryRun"),
        ("kubectl rollout restart deploy/web --as=root", "unsupported", "another cluster or user"),
        ("kubectl rollout restart -f web.yaml", "unsupported", "reads a file"),
        ("kubectl scale deploy/web --replicas=2 --record", "unsupported", "annotation"),
        ("kubectl rollout restart deploy/web --grace", "unsupported", '"--grace"'),
        ("KUBECONFIG=/tmp/k kubectl rollout restart deploy/web", "unsupported", "environment"),
        ("sudo -u bob kubectl rollout restart deploy/web", "unsupported", "sudo"),
        ("kubectl frobnicate deploy/web", "unsupported", "no verb"),
        ("helm upgrade web .", "unsupported", "helm"),
        ("docker restart web", "unsupported", "docker"),
        ("echo kubectl rollout restart deploy/web", "unsupported", "echo"),
        ("kubectl get deploy web", "read-only", "changes nothing"),
        ("kubectl rollout status deploy/web", "read-only", "changes nothing"),
        ("helm list", "read-only", "changes nothing"),
        ("kubectl edit deploy/web", "interactive", "terminal"),
        ("kubectl exec -it web-0 -- /bin/bash", "interactive", "terminal"),
        ("kubectl port-forward svc/web 80", "interactive", "terminal"),
        ("kubectl autoscale deploy web --max=3", "unsupported", "Apply"),
        ("kubectl cp a web-0:/b", "unsupported", "not carried out"),
        ("ssh root@worker-1", "interactive", "host"),
    ],
)
def test_a_command_that_is_not_carried_out_is_refused_with_a_hint(text, refused, hint):
    outcome = parse(text)
    assert isinstance(outcome, Refusal)
    assert (outcome.refused, hint in outcome.message) == (RefusalClass(refused), True), outcome


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (RESTART + "; ls", "compound"),
        (RESTART + " && ls", "compound"),
        (RESTART + " || true", "compound"),
        (RESTART + " | tee log", "compound"),
        (RESTART + " > log", "compound"),
        (RESTART + " &", "compound"),
        (RESTART + "\nkubectl delete ns shop", "compound"),
        (RESTART + "\nls", "compound"),
        ("(" + RESTART + ")", "malformed"),
        ("kubectl rollout restart deploy/$(hostname)", "compound"),
        ("kubectl rollout restart `kubectl get deploy -o name`", "compound"),
        ('kubectl rollout restart "deploy/$(hostname)"', "compound"),
        ("kubectl rollout restart deploy/$NAME", "malformed"),
        ('kubectl rollout restart "deploy/${NAME}"', "malformed"),
        ("kubectl rollout restart deploy/<name>", "malformed"),
        ("kubectl rollout restart deploy/{{ name }}", "malformed"),
        ("kubectl rollout restart deploy/web{1,2}", "malformed"),
        ("kubectl rollout restart 'deploy/web", "malformed"),
        ('kubectl rollout restart "deploy/web', "malformed"),
        ("kubectl rollout restart “deploy/web”", "malformed"),
        ("kubectl rollout restart deploy/web \\", "malformed"),
        ("kubectl rollout restart deploy/$'web\\x41'", "malformed"),
        ("kubectl exec web-0 -- echo $'\\e[2J'", "malformed"),
        ("kubectl annotate pod web-0 a=$'b\\ac'", "malformed"),
        ("kubectl rollout restart 'deploy/web; ls'", "malformed"),
        ("kubectl rollout restart deploy/web -n '$(id)'", "malformed"),
    ],
)
def test_what_a_shell_would_act_on_is_refused_and_what_quotes_hold_is_an_argument(text, refused):
    outcome = parse(text)
    assert isinstance(outcome, Refusal)
    assert outcome.refused is RefusalClass(refused), outcome
