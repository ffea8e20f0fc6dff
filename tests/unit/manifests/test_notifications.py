"""The sample of notifications fits together: file, Secret and Deployment."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import yaml

from countersign.notifications.routing import parse_routing
from countersign.notifications.webhook import signing_key

SAMPLES = Path(__file__).parents[3] / "manifests" / "samples"
DEPLOYMENT = SAMPLES.parent / "operator" / "deployment.yaml"
CONFIG, SECRET = yaml.safe_load_all((SAMPLES / "notifications.yaml").read_text("utf-8"))
PATCH = yaml.safe_load((SAMPLES / "notifications-patch.yaml").read_text("utf-8"))
[CONTAINER] = PATCH["spec"]["template"]["spec"]["containers"]


def mount(volume: str) -> PurePosixPath:
    """Where a volume is mounted."""
    [path] = [each["mountPath"] for each in CONTAINER["volumeMounts"] if each["name"] == volume]
    return PurePosixPath(path)


def test_the_file_makes_sense_and_its_secrets_are_those_of_the_secret() -> None:
    routing = parse_routing(CONFIG["data"]["notifications.yaml"])
    references = [
        reference
        for channel in routing.channels.values()
        for reference in (channel.url, channel.signing_key)
        if reference is not None
    ]
    expected = {str(mount("notification-secrets") / name) for name in SECRET["stringData"]}
    assert {each.file for each in references} == expected
    assert signing_key(SECRET["stringData"]["audit-key"])


def test_the_patch_mounts_both_where_the_operator_looks() -> None:
    [file] = CONFIG["data"]
    [variable] = CONTAINER["env"]
    assert variable == {
        "name": "COUNTERSIGN_NOTIFICATIONS",
        "value": str(mount("notifications") / file),
    }
    sources = {each["name"]: each for each in PATCH["spec"]["template"]["spec"]["volumes"]}
    assert sources["notifications"]["configMap"]["name"] == CONFIG["metadata"]["name"]
    assert sources["notification-secrets"]["secret"]["secretName"] == SECRET["metadata"]["name"]


def test_the_patch_is_for_the_operators_deployment() -> None:
    deployment = yaml.safe_load(DEPLOYMENT.read_text("utf-8"))
    for field in ("name", "namespace"):
        assert PATCH["metadata"][field] == deployment["metadata"][field]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert CONTAINER["name"] == container["name"]
