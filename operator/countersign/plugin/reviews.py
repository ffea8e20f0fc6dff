"""Questions to the API server about oneself: who one is, and what one may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from countersign.api.approval_request import GROUP, PLURAL
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.plugin.together import together
from countersign.policy.reading.fields import part

_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_MAY = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_EVERYBODY = "system:authenticated"
_LONGEST_GROUP = 256
_MOST_GROUPS = 64


@dataclass(frozen=True)
class Person:
    """Who one is for the API server."""

    name: str
    groups: tuple[str, ...]

    @property
    def groups_to_sign_with(self) -> tuple[str, ...]:
        """The groups that the admission policy would fill into a signature; the rules are its own.

        None for somebody in more than an entry holds: which to leave out is theirs to say.
        """
        useful = tuple(
            each for each in self.groups if each != _EVERYBODY and len(each) <= _LONGEST_GROUP
        )
        return useful if len(useful) <= _MOST_GROUPS else ()


@dataclass(frozen=True, order=True)
class Tier:
    """What it takes to sign a request: its risk, and where it is; an empty namespace is all."""

    risk: str
    namespace: str


class Reviews:
    """Both questions. Every method raises ``ApiError``."""

    def __init__(self, connection: Connection) -> None:
        """Over this connection."""
        self._connection = connection

    async def who(self) -> Person:
        """Who the API server takes one for."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = await self._connection.request(Call("POST", _WHO, body))
        user = part(answer, "status", "userInfo")
        if not user.get("username"):
            raise ApiError("the API server does not say who you are")
        return Person(str(user["username"]), tuple(map(str, user.get("groups") or ())))

    async def may_sign(self, tiers: Iterable[Tier]) -> set[Tier]:
        """Those of the tiers that one may sign.

        Several namespaces are first asked for all at once: one question a risk.
        """
        wanted = set(tiers)
        many = {
            Tier(risk, "")
            for risk in {each.risk for each in wanted}
            if len({each.namespace for each in wanted if each.risk == risk}) > 1
        }
        everywhere = {each.risk for each in await self._allowed(many)}
        open_ = {each for each in wanted if each.risk not in everywhere}
        return (wanted - open_) | await self._allowed(open_)

    async def _allowed(self, tiers: set[Tier]) -> set[Tier]:
        asked = sorted(tiers)
        answers = await together(*(self._may(each) for each in asked))
        return {each for each, allowed in zip(asked, answers, strict=True) if allowed}

    async def _may(self, tier: Tier) -> bool:
        attributes = {
            "verb": "approve",
            "group": GROUP,
            "resource": PLURAL,
            "subresource": tier.risk,
            "namespace": tier.namespace,
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = await self._connection.request(Call("POST", _MAY, body))
        return part(answer, "status").get("allowed") is True
