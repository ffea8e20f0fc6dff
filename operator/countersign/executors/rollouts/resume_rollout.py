"""ResumeRollout: a paused Deployment goes on, as by ``kubectl rollout resume``."""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.rollouts.pause_rollout import PauseRollout


class ResumeRollout(PauseRollout):
    """The switch of ``PauseRollout``, put back."""

    operation = OperationType.RESUME_ROLLOUT
    reverse = OperationType.PAUSE_ROLLOUT
    paused = False
