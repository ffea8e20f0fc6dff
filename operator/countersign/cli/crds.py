"""``countersign crds``: the CustomResourceDefinitions, generated from the models."""

from __future__ import annotations

from typing import Any

import typer
import yaml

from countersign.api.crd import all_crds


class _Dumper(yaml.SafeDumper):
    """No anchors: kubectl reads them, people do not."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def render_crds() -> str:
    """All CRDs as one YAML stream."""
    head = "# Generated from the pydantic models by `countersign crds`; do not edit.\n"
    return head + yaml.dump_all(
        all_crds(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def crds() -> None:
        """Print the CRDs: countersign crds | kubectl apply --server-side -f -."""
        print(render_crds(), end="")
