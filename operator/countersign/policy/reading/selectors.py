"""Label selectors, exactly as the API server and its controllers read them."""

from __future__ import annotations

from collections.abc import Mapping

from countersign.policy.reading.fields import JsonObject, listed, strings


def matches(selector: JsonObject | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector (matchLabels and matchExpressions) matches.

    An empty one matches everything, an absent one nothing.
    """
    if selector is None:
        return False
    return _all_equal(strings(selector, "matchLabels"), labels) and all(
        _holds(each, labels) for each in listed(selector, "matchExpressions")
    )


def selects(service: JsonObject, labels: Mapping[str, str]) -> bool:
    """Whether a Service sends traffic to pods with these labels.

    Unlike a LabelSelector, an empty selector of a Service selects nothing.
    """
    spec = service.get("spec") or {}
    wanted = strings(spec, "selector")
    return bool(wanted) and spec.get("type") != "ExternalName" and _all_equal(wanted, labels)


def written(selector: JsonObject) -> str:
    """A LabelSelector as a query's ``labelSelector``; empty where it matches everything."""
    terms = [f"{key}={value}" for key, value in strings(selector, "matchLabels").items()]
    terms += [_term(each) for each in listed(selector, "matchExpressions")]
    return ",".join(sorted(terms))


def escaped(value: str) -> str:
    """A value for a query's ``fieldSelector``, where commas and equals signs mean something."""
    return value.replace("\\", r"\\").replace(",", r"\,").replace("=", r"\=")


def _all_equal(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _holds(requirement: JsonObject, labels: Mapping[str, str]) -> bool:
    value = labels.get(str(requirement.get("key")))
    values = requirement.get("values") or []
    match requirement.get("operator"):
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return False


def _term(requirement: JsonObject) -> str:
    key = requirement.get("key")
    values = ",".join(str(each) for each in requirement.get("values") or [])
    match requirement.get("operator"):
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "DoesNotExist":
            return f"!{key}"
        case _:
            return str(key)
