"""Parameters of what is done to nodes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from countersign.api.base import LeanModel
from countersign.api.parameters.limits import GRACE, KEY, LABEL_VALUE, MAX_ITEMS

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class DrainNodeParameters(LeanModel):
    """What DrainNode may be told."""

    ignore_daemon_sets: bool = Field(
        default=False,
        description="Leave the pods of DaemonSets where they are; else such a pod stops the drain.",
    )
    delete_empty_dir_data: bool = Field(
        default=False,
        description="Evict pods with emptyDir volumes, whose data is lost; else such a pod stops "
        "the drain.",
    )
    force: bool = Field(
        default=False,
        description="Evict pods that no controller would make again; else such a pod stops the "
        "drain.",
    )
    grace_period_seconds: int | None = Field(default=None, ge=0, le=86_400, description=GRACE)
    pod_selector: str | None = Field(
        default=None, max_length=1024, description="Only pods with these labels."
    )


class Taint(LeanModel):
    """A taint to put on a node."""

    key: str = Field(description="Its key.", min_length=1, max_length=317, pattern=KEY)
    value: str = Field(default="", description="Its value.", max_length=63, pattern=LABEL_VALUE)
    effect: Effect = Field(description="Its effect.")


class TaintRemoval(LeanModel):
    """Taints to take off a node."""

    key: str = Field(description="Their key.", min_length=1, max_length=317, pattern=KEY)
    effect: Effect | None = Field(
        default=None, description="Only with this effect; with any where it is left out."
    )
    value: str | None = Field(
        default=None,
        description="The value that whoever wrote it expects; key and effect alone tell which "
        "taint it is.",
        max_length=63,
        pattern=LABEL_VALUE,
    )


class TaintNodeParameters(LeanModel):
    """What TaintNode needs to know."""

    add: tuple[Taint, ...] = Field(
        default=(), description="Taints to put on it.", max_length=MAX_ITEMS
    )
    remove: tuple[TaintRemoval, ...] = Field(
        default=(), description="Taints to take off it.", max_length=MAX_ITEMS
    )
    overwrite: bool = Field(
        default=False, description="Allow a taint to change that has another value now."
    )
