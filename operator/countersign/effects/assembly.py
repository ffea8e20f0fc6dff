"""An outbox from what it needs of the world."""

from __future__ import annotations

from countersign.effects.deliveries import Deliveries
from countersign.effects.events import Events
from countersign.effects.incident import IncidentEffect
from countersign.effects.knowledge import KnowledgeEffect
from countersign.effects.learning import LearningEffect
from countersign.effects.messages import Messages
from countersign.effects.outbox import Outbox
from countersign.effects.playbook import PlaybookEffect
from countersign.policy.bookkeeping import INCIDENT, KNOWLEDGE, LEARNING, PLAYBOOK
from countersign.ports import Casebook, Clock, Desk, Meter, Notifier, Store
from countersign.records.catalogue import Catalogue
from countersign.records.catalogue_en import ENGLISH


def outbox_of(
    store: Store,
    casebook: Casebook,
    desk: Desk,
    clock: Clock,
    meter: Meter,
    *,
    notifier: Notifier | None = None,
    words: Catalogue = ENGLISH,
) -> Outbox:
    """Entries go into ``store`` in these ``words``, messages to ``notifier``, if there is one."""
    deliveries = Deliveries(desk, clock, meter)
    return Outbox(
        {
            KNOWLEDGE: KnowledgeEffect(store, words),
            INCIDENT: IncidentEffect(casebook, store, words),
            PLAYBOOK: PlaybookEffect(casebook),
            LEARNING: LearningEffect(casebook),
        },
        casebook=casebook,
        store=store,
        events=Events(desk, meter),
        messages=Messages(notifier, deliveries, clock, meter),
        deliveries=deliveries,
        clock=clock,
        meter=meter,
    )
