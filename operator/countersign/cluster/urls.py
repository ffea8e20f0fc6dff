"""Paths of the API's own URLs."""

from __future__ import annotations

from urllib.parse import quote

from countersign.ports import ObjectPath


def url_of(path: ObjectPath) -> str:
    """Path of an object, of its sub-resource, or of a collection."""
    root = "/api" if path.api_version == "v1" else "/apis"
    where = f"/namespaces/{quote(path.namespace, safe='')}" if path.namespace else ""
    name = f"/{quote(path.name, safe='')}" if path.name else ""
    part = f"/{path.subresource}" if path.subresource else ""
    return f"{root}/{path.api_version}{where}/{path.plural}{name}{part}"
