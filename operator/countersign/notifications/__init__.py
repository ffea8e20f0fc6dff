"""Telling people elsewhere: Slack, Discord, webhooks. Nothing here can change an outcome."""

from countersign.notifications.assembly import courier_from
from countersign.notifications.delivery import Courier

__all__ = ["Courier", "courier_from"]
