"""The story: what is said, what is typed, and what has to come of it.

Nothing in it waits for a time: `kubectl wait` and `kubectl rollout status` do the waiting. Every
context is a user, in namespace shop.
"""

from __future__ import annotations

from typing import Final

from devcluster.demo.asking import PLANNED, PROPOSED, REFUSED, SIGNED
from devcluster.demo.outcome import CARRIED_OUT, CLEVER, MISSPELT, REMEMBERED
from devcluster.demo.script import Run, Say

SCENE: Final = (
    Say("Three pods of Deployment web run in namespace shop. Each context is a user."),
    Run(
        "kubectl --context=agent get replicasets,pods",
        shows=(r"replicaset\S+/web-\w+ +3 +3 +3 ", r"(pod/web-\S+ +1/1 +Running.*\s+){3}"),
    ),
)

STORY: Final = (
    PROPOSED,
    PLANNED,
    REFUSED,
    SIGNED,
    CARRIED_OUT,
    REMEMBERED,
    MISSPELT,
    CLEVER,
)
