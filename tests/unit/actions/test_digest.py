"""What people sign."""

from __future__ import annotations

import hashlib
import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from countersign.actions.digest import digest_of, plan_digest
from countersign.api.operation import Kind
from countersign.api.status import Change
from tests.support.fakes_objects import TARGET_UID, operation, step
from tests.support.properties import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
CHANGE = Change(field="spec.replicas", before="3", after="5")


def test_a_digest_is_the_sha256_of_canonical_json() -> None:
    canonical = '{"a":[1,"é"],"b":null}'.encode()
    expected = "sha256:" + hashlib.sha256(canonical).hexdigest()
    assert digest_of({"b": None, "a": [1, "é"]}) == expected


@examples(25)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_a_digest_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))
    assert digest_of(backwards) == digest_of(value)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest_of(value))


def test_a_text_that_is_no_unicode_has_a_digest_too() -> None:
    assert digest_of("\ud800") != digest_of("\udfff")


def digest(of=None, *, uid=TARGET_UID, changes=(CHANGE,), revision=1):
    return plan_digest([step(of, uid=uid, changes=changes)], revision)


def test_the_same_plan_has_the_same_digest() -> None:
    assert digest() == digest()


def test_what_a_signer_would_not_want_to_be_asked_about_is_not_in_the_digest() -> None:
    noise = step(version="8", summary="other words", undo=operation(replicas=3))
    assert plan_digest([noise], 1) == digest()


def test_the_digest_changes_with_everything_that_a_signer_would_want_to_be_asked_about() -> None:
    digests = {
        "the plan": digest(),
        "another revision": digest(revision=2),
        "another target of the same name": digest(uid="another-uid"),
        "a target that does not exist yet": digest(uid=None),
        "another number": digest(operation(replicas=6)),
        "another name": digest(operation(name="db", replicas=5)),
        "another namespace": digest(operation(namespace="x", replicas=5)),
        "another kind": digest(operation(Kind.STATEFUL_SET, replicas=5)),
        "another operation": digest(operation()),
        "another precondition": digest(operation(replicas=5, current=3)),
        "no change": digest(changes=()),
        "one more change": digest(changes=(CHANGE, CHANGE)),
        "one more step": plan_digest([step(), step(operation(name="db", replicas=5))], 1),
        "the steps in another order": plan_digest(
            [step(operation(name="db", replicas=5)), step()], 1
        ),
        **{
            f"another {field}": digest(changes=(CHANGE.model_copy(update={field: "x"}),))
            for field in ("field", "before", "after")
        },
    }
    alike = [
        pair for pair in itertools.combinations(digests, 2) if digests[pair[0]] == digests[pair[1]]
    ]
    assert alike == []
