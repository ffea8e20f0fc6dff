"""Commands in containers, over real WebSockets: streams, exit statuses, refusals, broken lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from kubernetes.aio.client import Configuration

from countersign.api.status import OUTPUT_LIMIT
from countersign.cluster.targets import KubernetesCluster
from countersign.connection import Connection
from countersign.errors import ApiError
from countersign.ports import Finished, ObjectPath
from tests.support.container_server import (
    PROTOCOL,
    STDERR,
    STDOUT,
    SUCCESS,
    ContainerServer,
    container_server,
    ends,
    exit_status,
    is_cut_off,
)
from tests.support.fakes import EXECUTOR

POD = ObjectPath("v1", "pods", "shop", "web-1")
pytestmark = pytest.mark.usefixtures("plain_http")


@pytest.fixture
async def server() -> AsyncIterator[ContainerServer]:
    async with container_server() as running:
        yield running


async def run(
    server: ContainerServer, command: Sequence[str] = ("date",), container: str | None = "main"
) -> Finished:
    configuration = Configuration(host=server.url)
    configuration.api_key = {"authorization": "of-the-operator"}
    configuration.api_key_prefix = {"authorization": "Bearer"}
    connection = Connection(configuration, timeout=5)
    try:
        return await KubernetesCluster(connection).run(POD, container, command, EXECUTOR)
    finally:
        await connection.close()


async def test_the_request_is_kubectls_and_the_accounts(server: ContainerServer) -> None:
    await run(server, ("sh", "-c", "echo a&b=c; cat /x y"))
    [request] = server.requests
    assert request.path == "/api/v1/namespaces/shop/pods/web-1/exec"
    assert list(request.query.items()) == [
        ("command", "sh"),
        ("command", "-c"),
        ("command", "echo a&b=c; cat /x y"),
        ("container", "main"),
        ("stdout", "true"),
        ("stderr", "true"),
    ]
    assert request.headers["Impersonate-User"] == EXECUTOR.user
    assert request.headers["Authorization"] == "Bearer of-the-operator"
    assert request.headers["Sec-WebSocket-Protocol"] == PROTOCOL


async def test_without_a_container_none_is_named(server: ContainerServer) -> None:
    await run(server, container=None)
    assert "container" not in server.requests[0].query


async def test_both_streams_come_apart_and_in_order(server: ContainerServer) -> None:
    server.script = ends(
        SUCCESS, STDOUT, STDERR, STDOUT + b"a", STDERR + b"1", STDOUT + b"b\n", STDERR + b"2"
    )
    assert await run(server) == Finished(0, "ab\n", "12")


async def test_a_character_that_two_messages_share_is_whole(server: ContainerServer) -> None:
    one, two = "…".encode()[:1], "…".encode()[1:]
    server.script = ends(SUCCESS, STDOUT + one, STDOUT + two, STDERR + b"\xff")
    assert await run(server) == Finished(0, "…", "�")


async def test_an_exit_status_is_told_with_what_was_written(server: ContainerServer) -> None:
    server.script = ends(exit_status(3), STDERR + b"no such file\n")
    assert await run(server) == Finished(3, "", "no such file\n")


async def test_of_much_output_the_end_is_kept(server: ContainerServer) -> None:
    server.script = ends(SUCCESS, *[STDOUT + b"x" * 60_000] * 20, STDOUT + b"the end")
    finished = await run(server)
    assert len(finished.stdout) == OUTPUT_LIMIT
    assert finished.stdout.startswith("…x")
    assert finished.stdout.endswith("xthe end")


@pytest.mark.parametrize("code", [400, 403, 404, 409, 429, 503])
async def test_a_refused_handshake_has_its_code(server: ContainerServer, code: int) -> None:
    server.refusal = (code, "cannot get resource pods/exec")
    with pytest.raises(ApiError) as caught:
        await run(server)
    assert caught.value.code == code
    assert str(caught.value) == "cannot get resource pods/exec"
    assert len(server.requests) == 1


async def test_a_pod_that_is_gone_is_told_by_the_api_server(server: ContainerServer) -> None:
    server.refusal, server.reason = (404, 'pods "web-1" not found'), "NotFound"
    with pytest.raises(ApiError, match='pods "web-1" not found') as caught:
        await run(server)
    assert caught.value.not_found
    assert len(server.requests) == 1


async def test_somebody_on_the_way_who_knows_no_such_page_says_nothing_of_the_pod(
    server: ContainerServer,
) -> None:
    server.refusal = (404, "page not found")
    with pytest.raises(ApiError) as caught:
        await run(server)
    assert (caught.value.code, caught.value.not_found) == (404, False)


async def test_a_refusal_that_breaks_off_still_has_its_code(server: ContainerServer) -> None:
    server.refusal, server.cuts_off = (404, "pods"), True
    with pytest.raises(ApiError, match="HTTP 404") as caught:
        await run(server)
    assert (caught.value.code, caught.value.not_found) == (404, False)
    assert len(server.requests) == 1, "a command is never sent twice"


@pytest.mark.parametrize("code", [200, 500, 502, 504])
async def test_an_error_on_the_way_to_the_node_leaves_the_end_unknown(
    server: ContainerServer, code: int
) -> None:
    server.refusal = (code, "error dialing backend")
    with pytest.raises(ApiError, match="may have begun") as caught:
        await run(server)
    assert caught.value.code is None


@pytest.mark.parametrize("politely", [False, True])
@pytest.mark.parametrize("messages", [(), (STDOUT + b"half",)], ids=["at once", "mid-way"])
async def test_a_connection_that_breaks_off_leaves_the_end_unknown(
    server: ContainerServer, messages: tuple[bytes, ...], politely: bool
) -> None:
    server.script = is_cut_off(*messages, politely=politely)
    with pytest.raises(ApiError) as caught:
        await run(server)
    assert caught.value.code is None
    assert len(server.requests) == 1, "a command is never sent twice"


async def test_a_request_whose_answer_never_comes_is_not_sent_again(
    server: ContainerServer,
) -> None:
    server.hangs_up = True
    with pytest.raises(ApiError, match="connection reset") as caught:
        await run(server)
    assert caught.value.code is None
    assert len(server.requests) == 1, "HTTP clients repeat a GET by themselves"


@pytest.mark.parametrize(
    "status",
    [
        {"status": "Failure", "message": "Internal error occurred: no exit status"},
        {"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "x"}]}},
        {"status": "Failure", "details": {"causes": []}, "message": None},
        {},
    ],
)
async def test_a_status_without_an_exit_status_leaves_the_end_unknown(
    server: ContainerServer, status: dict[str, object]
) -> None:
    server.script = ends(status)
    with pytest.raises(ApiError, match="the command's end is not known") as caught:
        await run(server)
    assert caught.value.code is None


async def test_nobody_there_leaves_the_end_unknown() -> None:
    async with container_server() as gone:
        pass
    with pytest.raises(ApiError) as caught:
        await run(gone)
    assert caught.value.code is None
