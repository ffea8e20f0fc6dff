"""A shop for each test, and its people at their terminals."""

from __future__ import annotations

import pytest

from tests.support.shop import Shop
from tests.support.terminal_people import People


@pytest.fixture
def people(shop: Shop) -> People:
    """Everybody; Deployment web is rolled out."""
    shop.deploy()
    shop.settled()
    return People(shop)
