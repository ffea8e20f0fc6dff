"""What people sign."""

from __future__ import annotations

import hashlib
import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.actions.digest import digest_of, plan_digest
from countersign.api.operation import Kind
from countersign.api.status import Change
from tests.support.fakes_objects import TARGET_UID, operation

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


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_a_digest_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))
    assert digest_of(backwards) == digest_of(value)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest_of(value))


def test_a_text_that_is_no_unicode_has_a_digest_too() -> None:
    assert digest_of("\ud800") != digest_of("\udfff")


def test_the_same_plan_has_the_same_digest() -> None:
    one, other = (plan_digest(operation(replicas=5), TARGET_UID, [CHANGE], 1) for _ in range(2))
    assert one == other


def test_the_digest_changes_with_everything_that_a_signer_would_want_to_be_asked_about() -> None:
    of = operation(replicas=5)
    digests = {
        "the plan": plan_digest(of, TARGET_UID, [CHANGE], 1),
        "another revision": plan_digest(of, TARGET_UID, [CHANGE], 2),
        "another target of the same name": plan_digest(of, "another-uid", [CHANGE], 1),
        "another number": plan_digest(operation(replicas=6), TARGET_UID, [CHANGE], 1),
        "another name": plan_digest(operation(name="db", replicas=5), TARGET_UID, [CHANGE], 1),
        "another namespace": plan_digest(
            operation(namespace="x", replicas=5), TARGET_UID, [CHANGE], 1
        ),
        "another kind": plan_digest(
            operation(Kind.STATEFUL_SET, replicas=5), TARGET_UID, [CHANGE], 1
        ),
        "another operation": plan_digest(operation(), TARGET_UID, [CHANGE], 1),
        "another precondition": plan_digest(
            operation(replicas=5, current=3), TARGET_UID, [CHANGE], 1
        ),
        "no change": plan_digest(of, TARGET_UID, [], 1),
        "one more change": plan_digest(of, TARGET_UID, [CHANGE, CHANGE], 1),
        **{
            f"another {field}": plan_digest(
                of, TARGET_UID, [CHANGE.model_copy(update={field: "x"})], 1
            )
            for field in ("field", "before", "after")
        },
    }
    alike = [
        pair for pair in itertools.combinations(digests, 2) if digests[pair[0]] == digests[pair[1]]
    ]
    assert alike == []
