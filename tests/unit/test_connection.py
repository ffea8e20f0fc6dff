"""One request to the API server after another: what is sent, and what its answers become."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import kmock as kmock_module
import pytest
from kmock import RawHandler
from kubernetes.aio.client import Configuration

from countersign.connection import Call, Connection
from countersign.connection import _said as said
from countersign.errors import ApiError
from countersign.policy.retry import is_transient, text_is_transient
from countersign.ports import PatchForm, ServiceAccount

pytestmark = [pytest.mark.kmock(cls=RawHandler), pytest.mark.usefixtures("plain_http")]
PATH = "/apis/apps/v1/namespaces/shop/deployments/web"
GET = Call("GET", PATH)
EXECUTOR = ServiceAccount("shop", "countersign-executor")
TOKEN = "s3cr3t-t0k3n"


def configuration(host: str) -> Configuration:
    settings = Configuration(host=host)
    settings.api_key = {"authorization": f"Bearer {TOKEN}"}
    return settings


@pytest.fixture
async def connection(kmock: RawHandler) -> AsyncIterator[Connection]:
    connection = Connection(configuration(str(kmock.url).rstrip("/")), timeout=5)
    yield connection
    await connection.close()


async def refusal(connection: Connection, call: Call = GET) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await connection.request(call)
    assert TOKEN not in str(caught.value)
    return caught.value


# --- What is sent ---------------------------------------------------------------------------------


async def test_the_answer_is_the_object_as_the_server_sent_it(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << {"kind": "Deployment", "spec": {"x": [1, None]}}
    assert await connection.request(GET) == {"kind": "Deployment", "spec": {"x": [1, None]}}


async def test_an_action_is_asked_for_as_the_service_account(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << {}
    await connection.request(Call("GET", PATH, account=EXECUTOR))
    headers = kmock[0].headers
    assert headers["Impersonate-User"] == "system:serviceaccount:shop:countersign-executor"
    assert headers["Authorization"] == f"Bearer {TOKEN}"


async def test_the_audit_log_and_managed_fields_say_what_it_was(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << {}
    await connection.request(GET)
    assert kmock[0].headers["User-Agent"] == "countersign"


async def test_what_the_operator_does_itself_impersonates_nobody(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << {}
    await connection.request(GET)
    assert not [name for name in kmock[0].headers if name.lower().startswith("impersonate")]


@pytest.mark.parametrize("content_type", list(PatchForm))
async def test_a_patch_says_which_kind_it_is(
    kmock: RawHandler, connection: Connection, content_type: PatchForm
) -> None:
    kmock[f"patch {PATH}"] << {}
    query = (("fieldManager", "countersign"), ("dryRun", "All"))
    body: Any = [{"op": "test"}] if content_type is PatchForm.JSON else {"spec": {"é": 1}}
    await connection.request(Call("PATCH", PATH, body, content_type, query=query))
    [sent] = list(kmock)
    assert sent.headers["Content-Type"] == content_type
    assert sent.params == {"fieldManager": "countersign", "dryRun": "All"}
    assert json.loads(sent.body) == body


async def test_a_text_is_passed_on_as_it_is(kmock: RawHandler, connection: Connection) -> None:
    kmock[f"get {PATH}"] << b"one\n\xfftwo"
    assert await connection.text(GET) == "one\n\ufffdtwo"


async def test_a_request_is_sent_once_whatever_the_answer(
    kmock: RawHandler, connection: Connection
) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "POST"):
        for code in (500, 503, 429):
            kmock[f"{method.lower()} {PATH}"] << code << {"message": "slow down"}
            async with asyncio.timeout(3):
                await refusal(connection, Call(method, PATH, {}))
    assert len(kmock) == 5 * 3


# --- What its answers become ----------------------------------------------------------------------


async def test_a_refusal_keeps_the_servers_words(kmock: RawHandler, connection: Connection) -> None:
    status = {
        "kind": "Status",
        "message": 'deployments.apps "web" not found',
        "reason": "NotFound",
        "code": 404,
    }
    kmock[f"get {PATH}"] << 404 << status
    error = await refusal(connection)
    assert (str(error), error.code, error.reason) == (status["message"], 404, "NotFound")
    assert error.retry_after is None
    assert error.not_found
    assert not is_transient(error)


@pytest.mark.parametrize("text", [b"404 page not found\n", b"<html>no such cluster</html>", b"{}"])
async def test_a_404_that_is_not_about_an_object_does_not_say_that_it_is_gone(
    kmock: RawHandler, connection: Connection, text: bytes
) -> None:
    kmock[f"get {PATH}"] << 404 << text
    error = await refusal(connection)
    assert error.code == 404
    assert not error.not_found


async def test_a_server_that_is_still_starting_is_not_believed_when_it_forbids(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << 403 << {"message": "web is forbidden", "reason": "Forbidden"}
    kmock["get /readyz"] << 500 << b"not ok"
    error = await refusal(connection)
    assert (error.code, is_transient(error)) == (503, True)
    assert "web is forbidden" in str(error)


async def test_what_a_ready_server_forbids_it_is_asked_once_more(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << 403 << {"message": "web is forbidden", "reason": "Forbidden"}
    kmock["get /readyz"] << b"ok"
    error = await refusal(connection)
    assert (error.code, is_transient(error)) == (403, False)
    assert [request.url.path for request in kmock] == [PATH, "/readyz", PATH]


async def test_a_conflict_is_one(kmock: RawHandler, connection: Connection) -> None:
    kmock[f"patch {PATH}"] << 409 << {"message": "modified", "reason": "Conflict"}
    error = await refusal(connection, Call("PATCH", PATH, {}))
    assert error.conflict
    assert is_transient(error)


RETRY_AFTER: dict[str, tuple[dict[str, str], dict[str, Any], float | None]] = {
    "in the header": ({"Retry-After": "7"}, {}, 7),
    "in the status": ({}, {"details": {"retryAfterSeconds": 9}}, 9),
    "in both": ({"Retry-After": "7"}, {"details": {"retryAfterSeconds": 9}}, 7),
    "nowhere": ({}, {"details": None}, None),
    "as a date": ({"Retry-After": "Sun, 01 Mar 2026 12:00:00 GMT"}, {}, None),
}


@pytest.mark.parametrize("where", RETRY_AFTER)
async def test_the_wait_that_the_server_asks_for_is_kept(
    kmock: RawHandler, connection: Connection, where: str
) -> None:
    headers, details, seconds = RETRY_AFTER[where]
    answer = {"message": "too many requests", "reason": "TooManyRequests", **details}
    kmock[f"get {PATH}"] << 429 << answer << kmock_module.headers(headers)
    error = await refusal(connection)
    assert (error.code, error.retry_after) == (429, seconds)


NO_STATUS = {
    "plain text": (b"upstream connect error\n", "upstream connect error"),
    "nothing": (b"", "HTTP 503"),
    "a list": (b"[1]", "[1]"),
    "an object without a message": (b"{}", "HTTP 503"),
    "bytes that are no text": (b"\xff\xfe", "��"),
    "a page": (b"<html>" + b"x" * 100_000, "<html>xxx"),
}


@pytest.mark.parametrize("what", NO_STATUS)
async def test_a_refusal_that_is_no_status_is_told_as_it_is_and_shortened(
    kmock: RawHandler, connection: Connection, what: str
) -> None:
    body, words = NO_STATUS[what]
    kmock[f"get {PATH}"] << 503 << body
    error = await refusal(connection)
    assert (error.code, error.reason) == (503, None)
    assert words in str(error)
    assert len(str(error)) <= 300
    assert is_transient(error)


CUT_OFF = {
    "cut off": b'{"kind": "Deploy',
    "empty": b"",
    "cut off within a character": b'{"kind": "\xc3',
}


@pytest.mark.parametrize("what", CUT_OFF)
async def test_an_answer_that_is_cut_off_may_come_whole_the_next_time(
    kmock: RawHandler, connection: Connection, what: str
) -> None:
    kmock[f"get {PATH}"] << CUT_OFF[what]
    error = await refusal(connection)
    assert error.code is None
    assert text_is_transient(str(error))


async def test_an_answer_that_is_no_object_is_an_error(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << b"[1, 2]"
    assert not is_transient(await refusal(connection))


# --- A network that fails -------------------------------------------------------------------------


async def test_an_api_server_that_is_not_there_refuses_the_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connection = Connection(configuration(f"http://127.0.0.1:{port}"), timeout=5)
    try:
        error = await refusal(connection)
        assert "connection refused" in str(error)
        assert is_transient(error)
    finally:
        await connection.close()


def hang_up(request: Any) -> bytes:
    request._raw_request.transport.abort()
    return b""


def answer_half(request: Any) -> None:
    transport = request._raw_request.transport
    transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    transport.close()


@pytest.mark.parametrize("how", [hang_up, answer_half], ids=["at once", "half way"])
async def test_a_connection_that_is_cut_is_reset(
    kmock: RawHandler, connection: Connection, how: Any
) -> None:
    kmock[f"get {PATH}"] << how
    error = await refusal(connection)
    assert error.code is None
    assert "connection reset" in str(error)
    assert is_transient(error)


async def test_an_api_server_that_does_not_answer_times_out(kmock: RawHandler) -> None:
    answered = asyncio.Event()
    kmock[f"get {PATH}"] << answered.wait
    connection = Connection(configuration(str(kmock.url).rstrip("/")), timeout=0.2)
    try:
        error = await refusal(connection)
        assert "timed out" in str(error)
        assert is_transient(error)
    finally:
        answered.set()
        await connection.close()


async def test_a_server_that_does_not_speak_http_is_an_error() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"220 smtp.example.com ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = Connection(configuration(f"http://127.0.0.1:{port}"), timeout=5)
    try:
        assert (await refusal(connection)).code is None
    finally:
        await connection.close()
        server.close()


# --- Streams --------------------------------------------------------------------------------------


async def test_a_stream_yields_one_object_a_line(kmock: RawHandler, connection: Connection) -> None:
    large = "x" * 300_000
    kmock[f"get {PATH}"] << (b'{"a": 1}\n', b"\n", b'{"b"', b": 2}\n", {"c": large})
    async with connection.stream(GET) as events:
        assert [event async for event in events] == [{"a": 1}, {"b": 2}, {"c": large}]


async def test_a_stream_that_is_refused_is_an_error(
    kmock: RawHandler, connection: Connection
) -> None:
    kmock[f"get {PATH}"] << 410 << {"message": "too old resource version", "reason": "Expired"}
    with pytest.raises(ApiError, match="too old") as caught:
        async with connection.stream(GET):
            pass
    assert (caught.value.code, caught.value.reason) == (410, "Expired")


async def test_a_stream_may_stay_silent_for_longer_than_a_request_may_take(
    kmock: RawHandler,
) -> None:
    go_on = asyncio.Event()

    async def later() -> bytes:
        await go_on.wait()
        return b'{"b": 2}\n'

    kmock[f"get {PATH}"] << (b'{"a": 1}\n', later)
    connection = Connection(configuration(str(kmock.url).rstrip("/")), timeout=0.4)
    try:
        async with connection.stream(GET) as events:
            assert await anext(events) == {"a": 1}
            reading = asyncio.ensure_future(anext(events))
            await asyncio.wait([reading], timeout=0.5)
            assert not reading.done()
            go_on.set()
            assert await reading == {"b": 2}
    finally:
        await connection.close()


async def test_a_stream_that_is_cut_is_an_error_that_may_pass(
    kmock: RawHandler, connection: Connection
) -> None:
    def cut(request: Any) -> None:
        transport = request._raw_request.transport
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        transport.write(head + b'9\r\n{"a": 1}\n\r\n')
        transport.close()

    kmock[f"get {PATH}"] << cut
    with pytest.raises(ApiError) as caught:  # noqa: PT012 - the error comes within the stream
        async with connection.stream(GET) as events:
            assert await anext(events) == {"a": 1}
            await anext(events)
    assert is_transient(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientOSError(32, "Broken pipe"),
        aiohttp.ClientOSError(104, "Connection reset by peer"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("cut off"),
        OSError(-2, "Name or service not known: not found"),
    ],
    ids=repr,
)
def test_whatever_breaks_a_connection_may_pass(error: Exception) -> None:
    assert text_is_transient(said(error))
