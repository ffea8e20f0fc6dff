"""What is written and told besides the status: one effect a file; the outbox sees to them all."""

from countersign.effects.assembly import outbox_of
from countersign.effects.outbox import Outbox

__all__ = ["Outbox", "outbox_of"]
