"""The playbook that a repair teaches: made the first time, grown by each time after."""

from __future__ import annotations

from functools import partial

from countersign.api.playbook import Playbook, PlaybookSpec
from countersign.effects.dossier import Dossier
from countersign.effects.effect import done, skipped
from countersign.effects.incident import no_such_incident
from countersign.policy.bookkeeping import Result
from countersign.ports import Casebook
from countersign.records.playbook import extracted, grown

_NOTHING = "The repair has no steps that a playbook could hold."


class PlaybookEffect:
    """From an incident and what has repaired it."""

    def __init__(self, casebook: Casebook) -> None:
        """Write it through ``casebook``."""
        self._casebook = casebook

    async def carry_out(self, dossier: Dossier) -> Result:
        """Make or extend it; where it says so already, nothing is written."""
        return await dossier.compared_and_set(self._learn)

    async def praised(self, dossier: Dossier) -> Result:
        """People have judged the repair since: a draft of it is approved as it would have been.

        One that is not there is not made: people may have deleted it.
        """
        return await dossier.compared_and_set(partial(self._learn, makes=False))

    async def _learn(self, dossier: Dossier, *, makes: bool = True) -> Result:
        incident = await dossier.judged_incident()
        if incident is None:
            return skipped(no_such_incident(dossier))
        found = extracted(incident, dossier.request, dossier.now)
        if found is None:
            return skipped(_NOTHING)
        name, spec = found
        known = await self._followed(dossier) or await dossier.playbook(name)
        if known is None and not makes:
            return skipped(f"There is no Playbook {name}.")
        if known is None:
            made = await self._casebook.create_playbook(dossier.namespace, name, spec)
            dossier.playbook_is(made)
            return done(f"Playbook {name}: created as {spec.state}.")
        return await self._grow(dossier, known, spec)

    async def _followed(self, dossier: Dossier) -> Playbook | None:
        """The playbook that was followed: the same repair again makes no other one."""
        if (name := dossier.request.spec.playbook) is None:
            return None
        return await dossier.followed_playbook(name)

    async def _grow(self, dossier: Dossier, known: Playbook, spec: PlaybookSpec) -> Result:
        name = known.metadata.name
        more = grown(known.spec, spec)
        if more is None:
            return skipped(f"Playbook {name} has other steps; it is left as it is.")
        if more != known.spec:
            dossier.playbook_is(await self._casebook.extend_playbook(known, more))
        return done(f"Playbook {name}: {more.state}.")
