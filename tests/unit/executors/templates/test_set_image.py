"""SetImage: which images change, what is refused, and how it is taken back."""

from __future__ import annotations

import pytest

from countersign.api.operation import Kind, Operation, OperationType
from countersign.errors import RefusedError
from countersign.executors.templates.set_image import SetImage
from tests.support.fakes_time import START
from tests.support.pod_templates import asked, containers, done, templated, told, undone

RECIPE = SetImage()
WEB, SIDE, PREP = ({"name": name, "image": f"{name}:1"} for name in ("web", "side", "prep"))
LIVE = templated(WEB, SIDE, init=(PREP,))


def images(kind: Kind = Kind.DEPLOYMENT, **by_container: str) -> Operation:
    named = {"all_": "*"}
    given = [
        {"container": named.get(name, name), "image": image} for name, image in by_container.items()
    ]
    return asked(OperationType.SET_IMAGE, kind, setImage={"images": given})


CASES: dict[str, tuple[Operation, dict[str, str]]] = {
    "one container": (images(web="web:2"), {"web": "web:2"}),
    "an init container": (images(prep="prep:2"), {"prep": "prep:2"}),
    "several": (images(web="web:2", prep="prep:2"), {"web": "web:2", "prep": "prep:2"}),
    "all": (images(all_="x:9"), {"web": "x:9", "side": "x:9", "prep": "x:9"}),
    "all, one of which has it already": (images(all_="web:1"), {"side": "web:1", "prep": "web:1"}),
    "one that has it already": (images(web="web:1", side="side:2"), {"side": "side:2"}),
}


@pytest.mark.parametrize("what", CASES)
def test_just_the_images_that_differ_change_and_can_be_taken_back(what: str) -> None:
    of, changed = CASES[what]
    RECIPE.check(of, LIVE)
    after = {name: each["image"] for name, each in containers(done(RECIPE, of, LIVE)).items()}
    assert after == {"web": "web:1", "side": "side:1", "prep": "prep:1"} | changed
    shown = {field: (before, to) for field, before, to in told(RECIPE, of, LIVE)}
    assert shown == {
        f"{'initContainers' if name == 'prep' else 'containers'}[{name}].image": (f"{name}:1", to)
        for name, to in changed.items()
    }
    assert undone(RECIPE, of, LIVE) == LIVE


def test_the_patch_keeps_the_containers_in_their_order() -> None:
    live = templated({"name": "z", "image": "1"}, {"name": "a", "image": "1"})
    for of in (images(a="2", z="2"), images(all_="2")):
        patch = RECIPE.patch(of, live, START)
        names = [each["name"] for each in patch["spec"]["template"]["spec"]["containers"]]
        assert names == ["z", "a"]


def test_images_that_are_there_already_are_no_change() -> None:
    of = images(web="web:1", prep="prep:1")
    assert RECIPE.changes(of, LIVE) == ()
    assert RECIPE.undo(of, LIVE) is None
    assert RECIPE.summary(of, LIVE) == "Deployment shop/web has these images already"


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (images(db="x"), "no container db; it has web, side, prep"),
        (images(web="x", db="x"), "no container db"),
        (images(all_="x", web="y"), "all containers already"),
    ],
)
def test_what_kubectl_refuses_is_refused(of: Operation, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        RECIPE.check(of, LIVE)
    assert caught.value.reason == "Invalid"


def test_a_replica_set_that_is_owned_is_refused() -> None:
    of = images(Kind.REPLICA_SET, web="web:2")
    live = templated(WEB, kind=Kind.REPLICA_SET)
    RECIPE.check(of, live)
    owner = {"kind": "Deployment", "name": "web", "controller": True}
    live["metadata"]["ownerReferences"] = [owner]
    with pytest.raises(RefusedError, match="belongs to Deployment web"):
        RECIPE.check(of, live)


@pytest.mark.parametrize("kind", [Kind.POD, Kind.CRON_JOB])
def test_a_pod_or_a_cron_job_is_done_once_it_is_changed(kind: Kind) -> None:
    live = templated(WEB, kind=kind)
    of = images(kind, web="web:2")
    assert containers(done(RECIPE, of, live))["web"]["image"] == "web:2"
    assert RECIPE.progress(of, live).state == "done"


def test_a_workload_is_done_once_it_is_rolled_out() -> None:
    live = templated(WEB)
    assert RECIPE.progress(images(web="x"), live).state == "done"
    live["status"]["updatedReplicas"] = 0
    assert RECIPE.progress(images(web="x"), live).state == "underway"


def test_a_container_without_an_image_gets_one_that_cannot_be_taken_back() -> None:
    live = templated({"name": "web"})
    assert told(RECIPE, images(web="x"), live) == [("containers[web].image", None, "x")]
    assert RECIPE.undo(images(web="x"), live) is None


def test_more_images_than_one_operation_can_name_cannot_be_taken_back() -> None:
    live = templated(*({"name": f"c{number}", "image": "1"} for number in range(40)))
    assert len(RECIPE.changes(images(all_="2"), live)) == 40
    assert RECIPE.undo(images(all_="2"), live) is None


def test_the_summary_says_what_runs_where() -> None:
    of = images(web="web:2", prep="prep:2")
    summary = "Set images of Deployment shop/web: web to web:2, prep to prep:2"
    assert RECIPE.summary(of, LIVE) == summary
