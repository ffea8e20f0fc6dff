"""What can go wrong while an action is planned or carried out.

Each text ends up in an object's status, so it says what the reader can do next.
"""

from __future__ import annotations

from http import HTTPStatus


class CountersignError(Exception):
    """Anything this program raises on purpose."""


class ApiError(CountersignError):
    """The API server refused a request, or could not be reached.

    ``code`` is the HTTP status, ``reason`` the ``Status.reason`` (``NotFound``, ``Conflict`` …);
    both are None where no answer came back. ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        reason: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep what the server said in its own terms."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.retry_after = retry_after

    @property
    def not_found(self) -> bool:
        """Whether the API server says that the object does not exist.

        Anything on the way to it can say 404 as well, and so does the server itself of a path that
        it does not know: neither says anything about an object.
        """
        return self.code == HTTPStatus.NOT_FOUND and self.reason == "NotFound"

    @property
    def conflict(self) -> bool:
        """Whether a precondition does not hold, or the object to be created exists."""
        return self.code == HTTPStatus.CONFLICT


class RefusedError(CountersignError):
    """The action cannot be done as it is; no later attempt can succeed.

    ``reason`` is the CamelCase word of the condition that this becomes.
    """

    def __init__(self, reason: str, message: str) -> None:
        """Keep the condition's reason beside its text."""
        super().__init__(message)
        self.reason = reason


class StaleError(CountersignError):
    """The target is no longer as it was when the plan was signed."""


class ConfigError(CountersignError):
    """A file of settings that makes no sense. Its text never holds what the file says there."""


class StoreError(CountersignError):
    """The knowledge cannot be written or read now, or its settings are wrong."""
