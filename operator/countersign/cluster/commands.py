"""A command in a container: the API server's exec sub-resource over a WebSocket.

Protocol: the first byte of each message names its channel; on channel 3 comes, at the end, a
``Status`` that tells the exit status (v5.channel.k8s.io, in Kubernetes since 1.30).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from countersign.api.status import OUTPUT_LIMIT
from countersign.api.text import ending
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.ports import Finished, ObjectPath, ServiceAccount

_PROTOCOL = "v5.channel.k8s.io"
_STDOUT, _STDERR, _STATUS = 1, 2, 3
_BYTES_KEPT = 4 * OUTPUT_LIMIT
_KNOWN_REFUSALS = (*range(400, 500), HTTPStatus.SERVICE_UNAVAILABLE)


async def run_in_pod(
    connection: Connection,
    path: ObjectPath,
    container: str | None,
    command: Sequence[str],
    account: ServiceAccount,
) -> Finished:
    """Run it to its end. An ``ApiError`` with a code: it was refused before it began.

    Somebody on the way who answers 500, 502, 504 or anything but a refusal tells nothing about the
    node behind: such an error is raised without its code.
    """
    target = ObjectPath(path.api_version, path.plural, path.namespace, path.name, "exec")
    query = (
        *(("command", word) for word in command),
        *((("container", container),) if container else ()),
        ("stdout", "true"),
        ("stderr", "true"),
    )
    call = Call("GET", url_of(target), account=account, query=query)
    written = {_STDOUT: b"", _STDERR: b"", _STATUS: b""}
    try:
        async for message in connection.messages(call, _PROTOCOL):
            channel, data = message[0], message[1:]
            if channel in written:
                written[channel] = (written[channel] + data)[-_BYTES_KEPT:]
    except ApiError as error:
        if error.code is not None and error.code not in _KNOWN_REFUSALS:
            raise ApiError(f"the command may have begun: {error}") from error
        raise
    return Finished(_exit_code(written[_STATUS]), _text(written[_STDOUT]), _text(written[_STDERR]))


def _text(data: bytes) -> str:
    return ending(data.decode("utf-8", "replace"), OUTPUT_LIMIT)


def _exit_code(status: bytes) -> int:
    """From the Status; one that is missing or says something else tells nothing about the end."""
    try:
        told = json.loads(status)
        if told["status"] == "Success":
            return 0
        causes = (told.get("details") or {}).get("causes") or []
        codes = [each["message"] for each in causes if each.get("reason") == "ExitCode"]
        if codes:
            return int(codes[0])
        message = str(told.get("message"))
    except (ValueError, KeyError, TypeError, AttributeError):
        message = "the connection ended before the command did"
    raise ApiError(f"the command's end is not known: {message}")
