"""The argocd-cm that people apply, made of the Lua files beside it."""

from __future__ import annotations

from pathlib import Path

import yaml

LUA = Path(__file__).parents[2] / "manifests" / "argocd"
_KIND = "countersign.dev_ApprovalRequest"
_HEADER = """\
# Generated from the .lua files in this folder by `make argocd-cm`: change those.
"""


class _Text(str):
    """Several lines, to be written as such."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes `_Text` as a literal block."""


_Dumper.add_representer(
    _Text,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|"),
)


def config_map(folder: Path = LUA) -> str:
    """The ConfigMap's text: the health check and the actions, under the keys that Argo CD reads."""
    actions = {
        "discovery.lua": _lua(folder / "discovery.lua"),
        "definitions": [{"name": "cancel", "action.lua": _lua(folder / "cancel.lua")}],
    }
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "argocd-cm",
            "namespace": "argocd",
            # Argo CD reads no ConfigMap without it.
            "labels": {"app.kubernetes.io/part-of": "argocd"},
        },
        "data": {
            f"resource.customizations.health.{_KIND}": _lua(folder / "health.lua"),
            f"resource.customizations.actions.{_KIND}": _Text(_dumped(actions)),
        },
    }
    return _HEADER + _dumped(body)


def _lua(file: Path) -> _Text:
    return _Text(file.read_text("utf-8"))


def _dumped(value: object) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=100)
