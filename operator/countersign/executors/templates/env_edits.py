"""Which environment variables of a container change, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from countersign.actions.secrecy import HIDDEN, is_secret
from countersign.api.parameters import SetEnvParameters
from countersign.api.status import Change
from countersign.executors.templates.pod_template import Container
from countersign.executors.wording.values import compact, shown
from countersign.ports import JsonObject


@dataclass(frozen=True)
class Edit:
    """One variable; ``before`` is its entry now, ``after`` its new value (None: removed)."""

    name: str
    before: JsonObject | None
    after: str | None

    @property
    def source(self) -> JsonObject | None:
        """Where its value has come from, if not from the template itself."""
        return (self.before or {}).get("valueFrom")

    @property
    def value(self) -> str | None:
        """Its value in the template; empty is what the API leaves out."""
        if self.before is None or self.source is not None:
            return None
        return str(self.before.get("value") or "")

    @property
    def hidden(self) -> bool:
        """Whether its old value must not be shown, nor kept."""
        return self.value is not None and is_secret(self.name, self.value)

    def changes(self, field: str) -> Iterator[Change]:
        """The entry's own fields, from and to."""
        if self.source is not None:
            before = shown(compact(self.source))
            yield Change(field=f"{field}[{self.name}].valueFrom", before=before)
        if self.value is not None or self.after is not None:
            was = None if self.value is None else shown(self.value)
            yield Change(
                field=f"{field}[{self.name}].value",
                before=HIDDEN if self.hidden else was,
                after=None if self.after is None else shown(self.after),
            )

    def forward(self) -> JsonObject:
        """The entry of a strategic merge patch that makes the change."""
        if self.after is None:
            return {"name": self.name, "$patch": "delete"}
        # The API server refuses an entry that has both, so the one that was must be taken away.
        gone = {} if self.source is None else {"valueFrom": None}
        return {"name": self.name, "value": self.after, **gone}

    def back(self) -> JsonObject:
        """The entry of a strategic merge patch that takes the change back."""
        if self.before is None:
            return {"name": self.name, "$patch": "delete"}
        if self.source is not None:
            return {"name": self.name, "value": None, "valueFrom": self.source}
        return {"name": self.name, "value": self.value}


def edits_of(parameters: SetEnvParameters, container: Container) -> list[Edit]:
    """Those variables that change, by name.

    A hidden value counts as changed even where it is the same: else a plan would tell anybody
    whether a guess at it is right.
    """
    now = {str(entry.get("name")): entry for entry in env_of(container)}
    put = [Edit(name, now.get(name), value) for name, value in sorted(parameters.put.items())]
    removed = [Edit(name, now[name], None) for name in parameters.remove if name in now]
    return [edit for edit in put if edit.hidden or edit.value != edit.after] + removed


def forward_part(container: Container, edits: Iterable[Edit]) -> JsonObject:
    """The part of a strategic merge patch that makes the changes in one container."""
    edits = list(edits)
    removed = {edit.name for edit in edits if edit.after is None}
    order = [name for name in _names(container) if name not in removed]
    order += [edit.name for edit in edits if edit.before is None]
    return _part({edit.name: edit.forward() for edit in edits}, order)


def back_part(container: Container, edits: Iterable[Edit]) -> JsonObject:
    """The part that takes the changes back, to the very place in the list."""
    return _part({edit.name: edit.back() for edit in edits}, _names(container))


def _part(entries: dict[str, JsonObject], order: list[str]) -> JsonObject:
    """With the order said, as kubectl says it.

    Without ``$setElementOrder`` the API server would put what is new first and the rest in the
    order of the patch; but a variable may refer to those before it only.
    """
    sorted_entries = [entries[name] for name in dict.fromkeys(order) if name in entries]
    sorted_entries += [entry for name, entry in entries.items() if name not in order]
    return {"env": sorted_entries, "$setElementOrder/env": [{"name": name} for name in order]}


def env_of(container: Container) -> list[JsonObject]:
    """The entries that a container has now."""
    return list(container.body.get("env") or [])


def _names(container: Container) -> list[str]:
    return [str(entry.get("name")) for entry in env_of(container)]
