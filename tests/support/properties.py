"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def examples(count: int) -> settings:
    """As many examples as that where everything is tested; a fifth in ``make test-unit``.

    ``tests/conftest.py`` says what a profile's ``max_examples`` means: percent of ``count``.
    """
    return settings(max_examples=max(1, count * settings.default.max_examples // 100))
