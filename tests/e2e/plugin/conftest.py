"""A shop for each test, and its people at their terminals."""

from __future__ import annotations

import pytest

from tests.support.people import People
from tests.support.shop import Shop


@pytest.fixture
def people(shop: Shop) -> People:
    """Everybody; Deployment web is rolled out."""
    shop.deploy()
    shop.settled()
    return People(shop)
