"""What is looked for in the knowledge base."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from countersign.records.knowledge import KnowledgeEntry
from countersign.records.terms import terms

_MOST_TERMS = 48


@dataclass(frozen=True)
class Query:
    """Every filter that is given has to hold; what is left out holds for all."""

    text: str = ""
    """Words in English, Chinese or both. Any of them finds an entry, more of them sooner."""
    tags: tuple[str, ...] = ()
    """All of them."""
    category: str | None = None
    outcome: Literal["success", "failure"] | None = None
    namespace: str | None = None
    since: datetime | None = None
    """Written then or later."""
    limit: int = 20

    @property
    def all_tags(self) -> tuple[str, ...]:
        """The tags, that of the outcome among them."""
        return (*self.tags, *((self.outcome,) if self.outcome else ()))

    @property
    def terms(self) -> tuple[str, ...]:
        """What to look for: each term of the text once, of a very long one the first ones."""
        return tuple(dict.fromkeys(terms(self.text)))[:_MOST_TERMS]

    def admits(self, entry: KnowledgeEntry) -> bool:
        """Whether an entry passes the filters, whatever its text."""
        return (
            set(self.all_tags) <= set(entry.tags)
            and self.category in (None, entry.category)
            and self.namespace in (None, entry.namespace)
            and (self.since is None or self.since <= entry.created_at)
        )
