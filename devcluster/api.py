"""The few requests that the harness itself makes: JSON over the API server's own TLS."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, cast

import httpx


class Api:
    """A client of one API server with one bearer token."""

    def __init__(self, server: str, ca_file: Path, token: str) -> None:
        self._client = httpx.Client(
            base_url=server,
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=ca_file),
            timeout=10.0,
            trust_env=False,  # a proxy in the environment is not for 127.0.0.1
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def answers(self, path: str) -> bool:
        """Whether a GET is answered with 200 now."""
        try:
            return self._client.get(path).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at a path; None where there is none (yet)."""
        answer = self._client.get(path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return cast("dict[str, Any]", answer.raise_for_status().json())

    def create(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """POST an object; the answer, whatever its status."""
        return self._client.post(path, json=body)
