"""The control plane and the operator that tests share: one of each for a pytest worker."""

from __future__ import annotations

import functools
import gc
import signal
import ssl
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from devcluster import Cluster, OperatorProcess, Options, start
from tests.support.requests_counted import AuditTrail
from tests.support.shop import Shop

# A busy machine is no defect. ``max_examples``: percent of what a property asks for.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100)
settings.register_profile("thorough", _UNTIMED)
settings.register_profile("brief", _UNTIMED, max_examples=20)  # ``make test-unit``
settings.load_profile("thorough")
OPERATOR_ENV = {"COUNTERSIGN_SWEEP_SECONDS": "5"}


def pytest_configure() -> None:
    """Undo what a shell does to its background jobs: their children would ignore Ctrl-C as well."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from looking again and again at modules and thousands of tests.

    They stay to the end; what the tests themselves leave behind is found as ever.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


_one_context = functools.cache(ssl.create_default_context)


@pytest.fixture
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the machine's certificates once and not for each connection: nothing here needs them."""
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: _one_context())


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A real API server with everything of ``manifests/cluster`` installed; no operator."""
    with start(Options(audit=True, commands=True)) as running:
        yield running


@pytest.fixture(scope="session")
def operator(cluster: Cluster) -> OperatorProcess:
    """The operator as its own process, under its own service account and RBAC."""
    return cluster.start_operator(env=OPERATOR_ENV)


@pytest.fixture
def shop(cluster: Cluster, operator: OperatorProcess) -> Shop:
    """A namespace of the test's own, with an executing service account; the operator runs."""
    assert operator.alive(), operator.log_path.read_text()[-2000:]
    return Shop.opened(cluster)


@pytest.fixture
def audit(cluster: Cluster) -> AuditTrail:
    """What the API server has been asked, and by whom."""
    assert cluster.audit_log is not None
    return AuditTrail(cluster.audit_log)
