"""Freeze windows: times in which nothing is begun."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from countersign.api.base import LeanModel, Time, rule, schema

CLOCK_PATTERN = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_ZONE_PATTERN = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"
MAX_GROUPS = 16
GROUP_NAME: JsonDict = {"type": "string", "minLength": 1, "maxLength": 256}


class Weekday(StrEnum):
    """Days of the week, from Monday on as ISO counts them."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"

    @classmethod
    def of(cls, number: int) -> Weekday:
        """The day that ``date.weekday()`` gives the number of."""
        return list(cls)[number]


class WeeklyWindow(LeanModel):
    """The same hours every week."""

    model_config = ConfigDict(
        json_schema_extra=lambda made: made.update(
            schema(
                validations=[
                    rule(
                        "self.from != self.to",
                        "from and to are the same; for whole days write from 00:00 to 24:00.",
                    ),
                    rule("self.from != '24:00'", "A window begins at 00:00 rather than at 24:00."),
                ]
            )
        )
    )

    days: tuple[Weekday, ...] = Field(
        description="Days on which the window begins: Monday to Sunday.",
        min_length=1,
        max_length=7,
        json_schema_extra=schema(list_type="set"),
    )
    begins: str = Field(
        alias="from",
        description="Wall time at which it begins, HH:MM.",
        pattern=CLOCK_PATTERN,
        max_length=5,
    )
    ends: str = Field(
        alias="to",
        description="Wall time at which it ends, HH:MM; 24:00 is the end of the day, and a time "
        "before `from` is on the next day.",
        pattern=CLOCK_PATTERN,
        max_length=5,
    )

    @property
    def past_midnight(self) -> bool:
        """Whether it ends on the day after the one it begins on."""
        return self.ends <= self.begins or self.ends == "24:00"

    @property
    def clock(self) -> tuple[time, time]:
        """When it begins and ends, as the wall clock shows it."""
        return time.fromisoformat(self.begins), time.fromisoformat(self.ends.replace("24:", "00:"))


class AbsoluteWindow(LeanModel):
    """Once, from one moment to another."""

    model_config = ConfigDict(
        json_schema_extra=lambda made: made.update(
            schema(validations=[rule("self.from < self.to", "from has to be before to.")])
        )
    )

    begins: Time = Field(alias="from", description="When it begins (RFC 3339).")
    ends: Time = Field(alias="to", description="When it is over (RFC 3339).")


def _schema_of_window(json_schema: dict[str, Any]) -> None:
    rules = [
        rule(
            "has(self.weekly) != has(self.absolute)",
            "Write exactly one of weekly (days, from, to) and absolute (from, to).",
        )
    ]
    json_schema.update(schema(validations=rules))


class FreezeWindow(LeanModel):
    """A time in which nothing that the policy matches is begun."""

    model_config = ConfigDict(json_schema_extra=_schema_of_window)

    name: str = Field(
        description="What it is called in messages, for example weekend.",
        min_length=1,
        max_length=63,
    )
    time_zone: str = Field(
        default="UTC",
        description="IANA time zone of the wall times, for example Europe/Berlin.",
        max_length=64,
        pattern=_ZONE_PATTERN,
    )
    weekly: WeeklyWindow | None = Field(
        default=None, description="Every week, in local wall time; daylight saving is kept to."
    )
    absolute: AbsoluteWindow | None = Field(
        default=None, description="Once, from one moment to another."
    )
    override_groups: tuple[str, ...] = Field(
        default=(),
        description="Groups of which one member's counting signature lifts the window.",
        max_length=MAX_GROUPS,
        json_schema_extra={"items": GROUP_NAME},
    )
