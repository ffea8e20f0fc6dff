"""What can go wrong at an API server, and what befalls a test's next requests."""

from __future__ import annotations

from collections.abc import Callable

from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath, ServiceAccount

EXECUTOR = ServiceAccount("shop", "countersign-executor")
MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
_WEB = 'deployments.apps "web"'


def resource_of(path: ObjectPath) -> str:
    """What the API server calls an object in most of its errors: ``cronjobs.batch "web"``."""
    return f'{_grouped(path.plural, path)} "{path.name}"'


def not_found(what: str = _WEB) -> ApiError:
    return ApiError(f"{what} not found", code=404, reason="NotFound")


def nowhere() -> ApiError:
    """The path itself leads nowhere."""
    text = "the server could not find the requested resource"
    return ApiError(text, code=404, reason="NotFound")


def conflict(what: str = _WEB, why: str = MODIFIED) -> ApiError:
    text = f"Operation cannot be fulfilled on {what}: {why}"
    return ApiError(text, code=409, reason="Conflict")


def invalid(path: ObjectPath, kind: str, why: str) -> ApiError:
    text = f'{_grouped(kind, path)} "{path.name}" is invalid: {why}'
    return ApiError(text, code=422, reason="Invalid")


def bad_request(text: str) -> ApiError:
    return ApiError(text, code=400, reason="BadRequest")


def forbidden(account: ServiceAccount = EXECUTOR) -> ApiError:
    """RBAC's own words."""
    text = (
        f'deployments.apps "web" is forbidden: User "{account.user}" cannot patch resource '
        f'"deployments" in API group "apps" in the namespace "{account.namespace}"'
    )
    return ApiError(text, code=403, reason="Forbidden")


def unavailable(retry_after: float | None = None) -> ApiError:
    return ApiError("service unavailable", code=503, retry_after=retry_after)


class LostAnswer:
    """A write that went through, and whose answer did not come back."""

    error = ApiError("PATCH /apis/apps/v1/…: connection reset")


Fault = ApiError | LostAnswer | Callable[[], None] | None


def must_hold(preconditions: JsonObject, live: JsonObject, path: ObjectPath) -> None:
    """Those of ``DeleteOptions``."""
    for field, since in (("uid", "deleted and then recreated"), ("resourceVersion", "modified")):
        wanted, there = preconditions.get(field), live["metadata"][field]
        if wanted in (None, there):
            continue
        name = "UID" if field == "uid" else "ResourceVersion"
        raise conflict(
            f'{_grouped(live["kind"], path)} "{path.name}"',
            f"the {name} in the precondition ({wanted}) does not match the {name} in record "
            f"({there}). The object might have been {since}",
        )


def _grouped(word: str, path: ObjectPath) -> str:
    group = path.api_version.rpartition("/")[0]
    return f"{word}.{group}" if group else word
