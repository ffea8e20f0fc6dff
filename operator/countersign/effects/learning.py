"""How often a playbook was carried out, and how often it went well."""

from __future__ import annotations

from countersign.api.effects import EffectState
from countersign.api.playbook import Playbook
from countersign.effects.dossier import Dossier
from countersign.effects.effect import done, skipped
from countersign.policy.bookkeeping import PLAYBOOK, Result
from countersign.ports import Casebook
from countersign.records.execution import finished_at
from countersign.records.playbook import counted, extracted


class LearningEffect:
    """Each request counts once, well or badly, in the playbook that it followed."""

    def __init__(self, casebook: Casebook) -> None:
        """Write its status through ``casebook``."""
        self._casebook = casebook

    async def carry_out(self, dossier: Dossier) -> Result:
        """Count it; where it is counted already, nothing is written."""
        return await dossier.compared_and_set(self._count)

    async def _count(self, dossier: Dossier) -> Result:
        playbook = await self._playbook(dossier)
        if isinstance(playbook, Result):
            return playbook
        at = finished_at(dossier.request) or dossier.now
        uid = dossier.request.metadata.uid
        status = counted(playbook, uid, at, success=dossier.success)
        if status != playbook.status:
            dossier.playbook_is(await self._casebook.write_playbook(playbook, status))
        how = f"{status.successes} of {status.executions} went well"
        return done(f"Playbook {playbook.metadata.name}: {how}.")

    async def _playbook(self, dossier: Dossier) -> Playbook | Result:
        """The one that was named, if it was followed; else that of the same repair."""
        named = dossier.request.spec.playbook
        if named is not None and (found := await dossier.followed_playbook(named)) is not None:
            return found
        incident = await dossier.judged_incident()
        repair = extracted(incident, dossier.request, dossier.now) if incident else None
        same = await dossier.playbook(repair[0]) if repair is not None else None
        if same is not None and repair is not None:
            if same.spec.steps == repair[1].steps:
                return same
            # Whoever may draft playbooks may take the name: it must not earn trust for other steps.
            return skipped(f"Playbook {repair[0]} has other steps than what was done.")
        if PLAYBOOK in dossier.undone:
            return Result(EffectState.PENDING, "It waits for its playbook to be written.")
        if named is None:
            return skipped("There is no playbook for this repair.")
        return skipped(f"Playbook {named} is missing, or has no step that is what was done.")
