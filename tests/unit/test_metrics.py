"""The page that Prometheus reads."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from countersign.api.operation import OperationType
from countersign.metrics import PrometheusMeter


def samples(meter: PrometheusMeter) -> dict[str, float]:
    """Every sample of the page, as ``name{label=value}``."""
    return {
        sample.name
        + ("{" + ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items())) + "}")
        * bool(sample.labels): sample.value
        for family in text_string_to_metric_families(meter.page().decode())
        for sample in family.samples
    }


def test_everything_that_is_told_is_on_the_page() -> None:
    meter = PrometheusMeter()
    meter.decided("approved")
    meter.decided("approved")
    meter.retried(OperationType.SCALE)
    meter.failed_effect("event")
    meter.finished(OperationType.SCALE, "Succeeded", 0.7)
    meter.leads(True)
    page = samples(meter)
    assert page["countersign_decisions_total{decision=approved}"] == 2
    assert page["countersign_retries_total{operation=Scale}"] == 1
    assert page["countersign_failed_effects_total{effect=event}"] == 1
    assert page["countersign_execution_seconds_sum{operation=Scale,phase=Succeeded}"] == 0.7
    assert page["countersign_execution_seconds_bucket{le=0.5,operation=Scale,phase=Succeeded}"] == 0
    assert page["countersign_execution_seconds_bucket{le=1.0,operation=Scale,phase=Succeeded}"] == 1
    assert page["countersign_leading"] == 1


def test_the_lease_that_is_lost_is_seen() -> None:
    meter = PrometheusMeter()
    assert samples(meter)["countersign_leading"] == 0
    meter.leads(True)
    meter.leads(False)
    assert samples(meter)["countersign_leading"] == 0


@pytest.mark.parametrize(
    "metric",
    ["decisions", "execution_seconds", "retries", "failed_effects", "notifications", "leading"],
)
def test_every_metric_is_explained_from_the_start(metric: str) -> None:
    assert re.search(
        rf"^# HELP countersign_{metric}(_total)? \S.*\.$",
        PrometheusMeter().page().decode(),
        re.MULTILINE,
    )


def test_two_meters_share_nothing() -> None:
    first, second = PrometheusMeter(), PrometheusMeter()
    first.decided("approved")
    assert "countersign_decisions_total{decision=approved}" not in samples(second)
