"""A policy as the operator holds it: read, checked, and with the digest of what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from countersign.actions.digest import digest_of
from countersign.api.base import first_problem
from countersign.api.policy_match import PolicyMatch
from countersign.api.policy_require import PolicyRequire
from countersign.api.status import PolicyReference
from countersign.api.text import clip

_PROBLEM_LIMIT = 512


@dataclass(frozen=True)
class NamedPolicy:
    """One ApprovalPolicy. With a ``problem`` it closes: what it matches is not approved.

    ``match`` is None where not even that could be read: it then matches everything. ``partial``:
    of the request in question it is about some objects only, so it can only demand more.
    """

    name: str
    digest: str
    match: PolicyMatch | None
    require: PolicyRequire
    problem: str | None = None
    partial: bool = False

    @property
    def reference(self) -> PolicyReference:
        """What is recorded of it."""
        return PolicyReference(name=self.name, digest=self.digest)

    @property
    def wants_people(self) -> bool:
        """Whether it has a say in who signs; one that only freezes or expires has none."""
        require = self.require
        return bool(require.signatures or require.thresholds or require.comment)

    @property
    def looks_back(self) -> bool:
        """Whether it has to be known what was approved before."""
        require = self.require
        limited = require.auto_approve is not None and require.auto_approve.limit_per_hour
        return bool(require.cooldown or require.rate_limit or limited)


def read_policy(body: Mapping[str, Any]) -> NamedPolicy:
    """Read an ApprovalPolicy as the API server stores it. Never raises: a problem closes it."""
    name = str((body.get("metadata") or {}).get("name") or "unnamed")
    spec = body.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    digest = digest_of(spec)
    try:
        match = PolicyMatch.model_validate(spec.get("match") or {})
    except ValidationError as error:
        return NamedPolicy(name, digest, None, PolicyRequire(), _said("match", error))
    try:
        require = PolicyRequire.model_validate(spec.get("require"))
    except ValidationError as error:
        return NamedPolicy(name, digest, match, PolicyRequire(), _said("require", error))
    return NamedPolicy(name, digest, match, require, _problem(require))


def read_policies(bodies: Iterable[Mapping[str, Any]]) -> tuple[NamedPolicy, ...]:
    """All of them, by name."""
    return tuple(sorted((read_policy(body) for body in bodies), key=lambda each: each.name))


def _problem(require: PolicyRequire) -> str | None:
    """What CEL cannot tell."""
    for window in require.freeze_windows:
        if (window.weekly is None) == (window.absolute is None):
            return f"freeze window {window.name}: write exactly one of weekly and absolute"
        try:
            ZoneInfo(window.time_zone)
        except (LookupError, ValueError, OSError):  # OSError: the name of a region, like Europe
            return clip(
                f"freeze window {window.name}: there is no time zone {window.time_zone}. Write an "
                "IANA name, like Europe/Berlin",
                _PROBLEM_LIMIT,
            )
    return None


def _said(part: str, error: ValidationError) -> str:
    problem = first_problem(error, "spec", part)
    return clip(
        f"{problem}. Apply crds/ of the operator's version, or mend the field", _PROBLEM_LIMIT
    )
