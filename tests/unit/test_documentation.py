"""What the documentation says of settings and metrics is what the operator has."""

from __future__ import annotations

import re
from pathlib import Path

from countersign.config import Settings
from countersign.metrics import PrometheusMeter

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| (`COUNTERSIGN_[^|]*) \| ([^|]*) \|", re.MULTILINE)
WORDS = {
    "identity": "`$POD_NAME`, else the host's name",
    "namespace": "`$POD_NAMESPACE`, else `countersign-system`",
    "notifications": "none",
    "store_url": "–",
    "watch_namespaces": "`[]` (all)",
}
"""Defaults that are no plain value."""


def documented() -> dict[str, str]:
    """Each setting and its default, as the table says."""
    found: dict[str, str] = {}
    for names, defaults in ROW.findall((DOCS / "settings.md").read_text("utf-8")):
        several = re.findall(r"`COUNTERSIGN_(\w+)`", names)
        each = [defaults] if len(several) == 1 else defaults.split(", ")
        found |= zip((name.lower() for name in several), each, strict=True)
    return found


def test_every_setting_is_documented_with_its_default() -> None:
    expected = {
        name: WORDS.get(name) or f"`{_plain(field.get_default())}`"
        for name, field in Settings.model_fields.items()
    }
    assert documented() == expected


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_metric_is_documented_and_no_other() -> None:
    families = {
        f"{each.name}_total" if each.type == "counter" else each.name
        for each in PrometheusMeter().registry.collect()
    }
    text = (DOCS / "settings.md").read_text("utf-8")
    assert set(re.findall(r"`(countersign_\w+)[`{]", text)) == families


def test_nobody_is_told_to_install_it_by_its_name() -> None:
    """On the package index that name is somebody else's."""
    root = DOCS.parent
    files = [root / "README.md", *root.glob("*.md"), *root.glob("docs/**/*.md")]
    files += root.glob("operator/**/*.py")
    told = re.compile(r"pipx? (?:install|inject|download)\s(?:-\S+\s)*'?countersign")
    assert [str(each) for each in files if told.search(each.read_text("utf-8"))] == []
