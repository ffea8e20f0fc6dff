"""The second half: what comes of a signed request, and of two that nobody should sign."""

from __future__ import annotations

from typing import Final

from devcluster.demo.script import Chapter, Run, Say

CARRIED_OUT: Final = Chapter(
    "It is carried out, once",
    (
        Say("It runs as a service account of namespace shop, with the rights of that alone."),
        Run(
            "kubectl --context=alice wait approval/restart-web --for=condition=Executed",
            shows=("condition met",),
        ),
        Run(
            "kubectl --context=alice rollout status deployment/web",
            shows=('deployment "web" successfully rolled out',),
        ),
        Run(
            "kubectl --context=alice get replicasets,pods",
            shows=(
                r"replicaset\S+/web-\w+ +0 +0 +0 ",
                r"replicaset\S+/web-(\w+) +3 +3 +3 [\s\S]*(pod/web-\1-\w+ +1/1 +Running.*\s+){3}",
            ),
        ),
        Run(
            "kubectl --context=alice rollout history deployment/web",
            shows=(r"\n1 +<none>\n2 +<none>\s*$",),
        ),
    ),
    "One rollout: a second ReplicaSet and three new pods, and no third.",
)

REMEMBERED: Final = Chapter(
    "Afterwards everything can be read",
    (
        Run(
            "kubectl --context=alice get approvals",
            shows=(r"restart-web +Succeeded +RestartRollout +Deployment/web +medium +1/1 +agent ",),
        ),
        Run(
            "kubectl --context=alice events --for approvalrequest/restart-web",
            shows=(r"Normal +Succeeded +ApprovalRequest/restart-web +Restart Deployment shop/web",),
        ),
        Say("The request has a timeline of its own."),
        Run(
            """\
kubectl --context=alice get approval restart-web -o jsonpath='
{range .status.timeline[*]}{.time}  {.actor}: {.title}
{end}'""",
            shows=("countersign: Planned$", "alice: Approved$", "countersign: Executed$"),
        ),
        Say("And there is an entry in the knowledge base, by default a ConfigMap."),
        Run(
            """\
kubectl --context=admin -n countersign-system get configmaps \\
  -l countersign.dev/store=knowledge -o jsonpath='{.items[*].data.*}' |
  jq -r '.content // empty'""",
            shows=(
                r"\*\*Command\*\*: `kubectl rollout restart deployment/web`",
                r"\*\*Result\*\*: .*done",
                r"\*\*Signed by\*\*: alice",
            ),
        ),
    ),
    "Who asked, who signed, what was done and how it went: kubectl tells.",
)

MISSPELT: Final = Chapter(
    "A misspelt name is found before anybody signs",
    (
        Run(
            """\
kubectl --context=agent create -f - <<EOF
apiVersion: countersign.dev/v1alpha1
kind: ApprovalRequest
metadata:
  name: typo
spec:
  action: kubectl rollout restart deployment/wbe
EOF""",
            shows=("typo created",),
        ),
        Run(
            "kubectl --context=agent wait approval/typo --for=condition=Planned=False",
            shows=("condition met",),
        ),
        Run(
            """\
kubectl --context=agent get approval typo \\
  -o jsonpath='{.status.phase}: {.status.message}{"\\n"}'""",
            shows=("^Failed: .*wbe.* not found",),
        ),
    ),
    "It failed at planning and says what to check. Nobody was asked to sign.",
)

CLEVER: Final = Chapter(
    "A text that tries to be clever is refused",
    (
        Run(
            """\
kubectl --context=agent create -f - <<EOF
apiVersion: countersign.dev/v1alpha1
kind: ApprovalRequest
metadata:
  name: clever
spec:
  action: kubectl rollout restart deployment/web; rm -rf /
EOF""",
            shows=("clever created",),
        ),
        Run(
            "kubectl --context=agent wait approval/clever --for=condition=Planned=False",
            shows=("condition met",),
        ),
        Run(
            """\
kubectl --context=agent get approval clever \\
  -o jsonpath='{.status.phase}: {.status.message}{"\\n"}'""",
            shows=("^Failed: .*shell operator",),
        ),
    ),
    "No shell ever sees the text: it is read into one typed operation, or refused.",
)
