"""Talking to the API server: the official client's credentials and transport, raw JSON for bodies.

The generated models of the official client cost time and memory on the hot path and give nothing
here: the objects are passed on as the server sent them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import config as kubernetes_config
from kubernetes.aio.client import Configuration
from kubernetes.aio.client.rest import RESTClientObject

from countersign.errors import ApiError, ConfigError
from countersign.ports import JsonObject, ServiceAccount
from countersign.sockets import Sockets

_FIRST_ERROR = 400
_HEARTBEAT = 30.0
"""Seconds between two pings of a WebSocket: one that has broken silently is noticed."""
_REFUSAL_PATIENCE = 5.0
"""Seconds for the text of a refusal whose code has come."""


async def load_configuration() -> Configuration:
    """Credentials from the pod, else from the kubeconfig in use. Raises ``ConfigError``."""
    configuration = Configuration()
    with suppress(kubernetes_config.ConfigException):
        kubernetes_config.load_incluster_config(client_configuration=configuration)
        return configuration
    try:
        await kubernetes_config.load_kube_config(client_configuration=configuration)
    except Exception as error:  # The client raises whatever a file that is none brings about.
        raise ConfigError(
            "There is no cluster to serve: this is no pod with an account of its own, and the "
            f"kubeconfig in use could not be read ({type(error).__name__}). Does kubectl work "
            "here? KUBECONFIG names another."
        ) from error
    return configuration


@dataclass(frozen=True)
class Call:
    """One request: what, where, as whom."""

    method: str
    path: str
    body: Any = None
    content_type: str = "application/json"
    account: ServiceAccount | None = None
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "application/json"


_READY = Call("GET", "/readyz")


class _Pool(RESTClientObject):
    """The official client's connections, and their sockets."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self.sockets = Sockets()

    def _create_connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            limit=self.maxsize, ssl=self.ssl_context, socket_factory=self.sockets.open
        )


class Connection:
    """One pool of connections to the API server."""

    def __init__(
        self, configuration: Configuration, *, timeout: float, name: str = "countersign"
    ) -> None:
        """Requests may take ``timeout`` seconds; watches may stay open.

        ``name`` is the user agent: what the audit log and ``managedFields`` say that it was.
        """
        configuration.connection_pool_maxsize = 0  # No limit: executions have one of their own.
        # A proxy or netrc from the environment would be looked up in a thread at each request.
        configuration.client_session_kwargs = {"trust_env": False}
        configuration.retries = None  # We have our own; False would mean for ever.
        self._name = name
        self._configuration = configuration
        self._pool = _Pool(configuration)
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._open_end = aiohttp.ClientTimeout(total=None, sock_connect=timeout)

    async def close(self) -> None:
        """Close all connections, without TLS's farewell: a short program's loop ends before it."""
        session = self._pool.pool_manager
        if session is not None and session.connector is not None:
            await session.connector.close(abort_ssl=True)
        await self._pool.close()
        await self._pool.sockets.end()

    async def request(self, call: Call) -> JsonObject:
        """Send one request and return the object in the answer. Raises ``ApiError``.

        A server that has just started knows no roles yet and forbids everything. So a 403 is
        believed only from a server that says it is ready, and on asking it once more.
        """
        return _parsed(await self._believed(call))

    async def text(self, call: Call) -> str:
        """The same for an answer that is plain text."""
        return (await self._believed(call)).decode("utf-8", "replace")

    async def _believed(self, call: Call) -> bytes:
        try:
            return await self._once(call)
        except ApiError as error:
            if error.code != HTTPStatus.FORBIDDEN:
                raise
            try:
                await self._once(_READY)
            except ApiError as unready:
                message = f"service unavailable: the API server is not ready yet ({error})"
                code = HTTPStatus.SERVICE_UNAVAILABLE
                raise ApiError(message, code=code, reason="ServiceUnavailable") from unready
            return await self._once(call)

    async def _once(self, call: Call) -> bytes:
        try:
            async with await self._send(call, self._timeout) as response:
                text = await response.read()
        except TimeoutError as error:
            raise ApiError(f"{call.method} {call.path}: timed out") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ApiError(f"{call.method} {call.path}: {_said(error)}") from error
        if response.status >= _FIRST_ERROR:
            raise _refusal(response.status, text, response.headers.get("Retry-After"))
        return text

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[JsonObject]]:
        """Open a watch; its events are read as they come. Raises ``ApiError``."""
        try:
            async with await self._send(call, self._open_end) as response:
                if response.status >= _FIRST_ERROR:
                    text = await response.read()
                    raise _refusal(response.status, text, response.headers.get("Retry-After"))
                try:
                    yield _lines(response)
                finally:
                    _hang_up(response)
        except TimeoutError as error:
            raise ApiError(f"watch of {call.path}: timed out") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ApiError(f"watch of {call.path}: {_said(error)}") from error

    async def messages(self, call: Call, protocol: str) -> AsyncIterator[bytes]:
        """Open a WebSocket and read its messages to the end. Raises ``ApiError``.

        With a code: the server has refused to open it; with a reason: the API server itself.
        Without: it broke off, or never opened.
        """
        headers = await self._headers(call)
        try:
            async with (
                await self._socket_session() as session,
                session.ws_connect(
                    self._url(call), headers=headers, protocols=(protocol,), heartbeat=_HEARTBEAT
                ) as socket,
            ):
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.BINARY and message.data:
                        yield message.data
        except aiohttp.WSServerHandshakeError as error:
            raise ApiError(f"{error.status} {error.message}", code=error.status) from error
        except TimeoutError as error:
            raise ApiError(f"{call.path}: timed out") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ApiError(f"{call.path}: {_said(error)}") from error

    async def _socket_session(self) -> aiohttp.ClientSession:
        """The same connections, but what is sent is sent once."""
        if self._pool.pool_manager is None:
            await self._once(_READY)  # The first request makes it.
        session = self._pool.pool_manager
        if session is None:
            raise ApiError("no connection could be opened")
        return aiohttp.ClientSession(
            connector=session.connector,
            connector_owner=False,
            trust_env=False,
            middlewares=(_refused, _never_again),
        )

    async def _headers(self, call: Call) -> dict[str, str]:
        headers = {
            "Accept": call.accept,
            "Content-Type": call.content_type,
            "User-Agent": self._name,
        }
        token = await self._configuration.get_api_key_with_prefix(
            "BearerToken", alias="authorization"
        )
        if token:
            headers["Authorization"] = token
        if call.account is not None:
            headers["Impersonate-User"] = call.account.user
        return headers

    def _url(self, call: Call) -> str:
        query = "?" + urlencode(call.query) if call.query else ""
        return f"{self._configuration.host}{call.path}{query}"

    async def _send(self, call: Call, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        headers, url = await self._headers(call), self._url(call)
        response = await self._pool.request(  # type: ignore[no-untyped-call]
            call.method, url, headers=headers, body=call.body, _request_timeout=limits
        )
        return response.response  # type: ignore[no-any-return]


async def _refused(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Fail with what the server says when it opens no WebSocket; aiohttp keeps the code alone."""
    response = await handler(request)
    if response.status < _FIRST_ERROR:
        return response
    try:
        async with asyncio.timeout(_REFUSAL_PATIENCE):
            text = await response.read()
    except (aiohttp.ClientError, OSError, TimeoutError):
        text = b""  # The code has come, and says that nothing was opened.
    raise _refusal(response.status, text, response.headers.get("Retry-After"))


async def _never_again(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Fail with an error that aiohttp does not answer with a second request.

    It repeats a GET whose connection breaks; but the GET that opens a WebSocket runs a command.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error


def _said(error: Exception) -> str:
    """A network error in the words that the retry rules know.

    Any failure of the transport may pass; a certificate's does not. The error's own text is left
    out: "Name or service not known" must not be taken for a word of the rules.
    """
    if isinstance(error, aiohttp.ClientSSLError):
        return str(error)
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return "connection refused"
    if isinstance(error, (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError)):
        return f"connection reset ({type(error).__name__})"
    return str(error) or type(error).__name__


def _parsed(text: bytes) -> JsonObject:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ApiError("the API server's answer is cut off (unexpected EOF)") from error
    if not isinstance(value, dict):
        raise ApiError("the API server's answer is no object")
    return value


def _refusal(code: int, text: bytes, retry_after: str | None) -> ApiError:
    """The server's own words, where there are any."""
    try:
        status = json.loads(text)
        message, reason = status.get("message"), status.get("reason")
        seconds = (status.get("details") or {}).get("retryAfterSeconds")
    except (ValueError, AttributeError):
        message, reason, seconds = text.decode("utf-8", "replace")[:300], None, None
    if retry_after is not None and retry_after.isdigit():
        seconds = int(retry_after)
    return ApiError(message or f"HTTP {code}", code=code, reason=reason, retry_after=seconds)


def _hang_up(response: aiohttp.ClientResponse) -> None:
    """Break off a watch without TLS's farewell, which would outlive a short program's loop."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[JsonObject]:
    async for line in response.content:
        if line.strip():
            yield _parsed(line)
