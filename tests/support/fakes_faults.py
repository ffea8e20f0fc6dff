"""What can go wrong at an API server, and what befalls a test's next requests."""

from __future__ import annotations

from collections.abc import Callable

from countersign.errors import ApiError
from countersign.ports import ServiceAccount

EXECUTOR = ServiceAccount("shop", "countersign-executor")


def not_found(what: str = 'deployments.apps "web"') -> ApiError:
    return ApiError(f"{what} not found", code=404, reason="NotFound")


def conflict() -> ApiError:
    text = "Operation cannot be fulfilled: the object has been modified"
    return ApiError(text, code=409, reason="Conflict")


def forbidden(account: ServiceAccount = EXECUTOR) -> ApiError:
    """RBAC's own words."""
    text = (
        f'deployments.apps "web" is forbidden: User "{account.user}" cannot patch resource '
        '"deployments" in API group "apps" in the namespace "shop"'
    )
    return ApiError(text, code=403, reason="Forbidden")


def unavailable(retry_after: float | None = None) -> ApiError:
    return ApiError("service unavailable", code=503, retry_after=retry_after)


class LostAnswer:
    """A write that went through, and whose answer did not come back."""

    error = ApiError("PATCH /apis/apps/v1/…: connection reset")


Fault = ApiError | LostAnswer | Callable[[], None] | None
