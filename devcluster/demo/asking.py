"""The first half: an agent asks, and a person signs."""

from __future__ import annotations

from typing import Final

from devcluster.demo.script import Chapter, Run, Say

PROPOSED: Final = Chapter(
    "An agent proposes a restart",
    (
        Say("The agent may not touch the Deployment. What it may do is propose."),
        Run("kubectl --context=agent auth can-i patch deployments", shows=("^no$",), fails=True),
        Run(
            """\
kubectl --context=agent create -f - <<EOF
apiVersion: countersign.dev/v1alpha1
kind: ApprovalRequest
metadata:
  name: restart-web
spec:
  action: kubectl rollout restart deployment/web
  description: Connections pile up since 09:40. A restart clears them.
EOF""",
            shows=("restart-web created",),
        ),
        Run(
            "kubectl --context=agent wait approval/restart-web --for=condition=Planned",
            shows=("condition met",),
        ),
        Run(
            "kubectl --context=agent get approvals",
            shows=(
                r"NAME +PHASE +OPERATION +TARGET +RISK +SIGNED +REQUESTED-BY +AGE",
                r"restart-web +Pending +RestartRollout +Deployment/web +medium +0/1 +agent ",
            ),
        ),
    ),
    "Proposed and waiting for a signature. Nothing has been restarted.",
)

PLANNED: Final = Chapter(
    "A plan says what exactly would happen",
    (
        Say("The operator has rehearsed it (a server-side dry run) and judged its risk."),
        Run(
            """\
kubectl --context=alice get approval restart-web -o jsonpath='
plan:    {.status.plan.summary}
change:  {.status.plan.steps[*].changes[*].field}
becomes: {.status.plan.steps[*].changes[*].after}
risk:    {.status.riskLevel}
digest:  {.status.plan.digest}
'""",
            shows=(
                r"plan: +Restart Deployment shop/web \(3 pods\)",
                r"change: .*restartedAt",
                r"risk: +medium",
                r"digest: +sha256:[0-9a-f]{64}",
            ),
        ),
    ),
    "People sign this digest. If the plan changes before it runs, they sign again.",
)

REFUSED: Final = Chapter(
    "The agent tries to sign its own request",
    (
        Run(
            """\
kubectl --context=agent patch approval restart-web --type=merge \\
  -p '{"spec": {"signatures": [{"signer": "agent", "decision": "Approve"}]}}'""",
            shows=(r"\(Forbidden\)", "agent proposed this request and so cannot sign it"),
            fails=True,
        ),
        Say("It tries to sign as alice."),
        Run(
            """\
kubectl --context=agent patch approval restart-web --type=merge \\
  -p '{"spec": {"signatures": [{"signer": "alice", "decision": "Approve"}]}}'""",
            shows=(r"\(Forbidden\)", "You are agent and cannot sign for alice"),
            fails=True,
        ),
    ),
    "Both refused, by the API server itself: admission policies, no webhook.",
)

SIGNED: Final = Chapter(
    "Alice signs",
    (
        Say("Who may sign which risk is plain RBAC."),
        Run(
            "kubectl --context=alice auth can-i approve approvals --subresource=medium",
            shows=("^yes$",),
        ),
        Run(
            """\
kubectl --context=alice apply --server-side --field-manager=alice -f - <<EOF
apiVersion: countersign.dev/v1alpha1
kind: ApprovalRequest
metadata:
  name: restart-web
spec:
  signatures:
  - signer: alice
    decision: Approve
    comment: I see it on the dashboard too. Go ahead.
EOF""",
            shows=("^approvalrequest.countersign.dev/restart-web serverside-applied$",),
        ),
        Say("She sent her own entry only. The API server filled in her groups and the plan."),
        Run(
            """\
kubectl --context=alice get approval restart-web -o jsonpath='
signer: {.spec.signatures[*].signer}
groups: {.spec.signatures[*].groups[*]}
plan:   {.spec.signatures[*].plan}
digest: {.status.plan.digest}
'""",
            shows=("signer: alice\n", "groups: sre\n", r"plan: +(sha256:\w{64})\ndigest: \1\n"),
        ),
    ),
    "Signed by alice, in group sre, for exactly this plan.",
)
