"""The people of the test cluster: who they are, and how the API server knows them."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """A name and the groups that the API server puts it in (`users.yaml` gives them rights)."""

    name: str
    groups: tuple[str, ...]


PEOPLE = (
    User("admin", ("system:masters",)),
    User("alice", ("sre",)),
    User("bob", ("sre",)),
    User("carol", ("sre-leads",)),
    User("erin", ("sre-leads",)),
    User("dave", ("owners",)),
    User("agent", ("agents",)),
    User("eve", ("viewers",)),
    User("gitops", ("gitops",)),
)

# The harness and the components have names of their own, so that an audit log can tell their
# requests from a person's.
HARNESS = User("devcluster", ("system:masters",))
CONTROLLER_MANAGER = User("system:kube-controller-manager", ("system:masters",))
SCHEDULER = User("system:kube-scheduler", ("system:masters",))
KWOK = User("devcluster:kwok", ("system:masters",))
COMPONENTS = (HARNESS, CONTROLLER_MANAGER, SCHEDULER, KWOK)


def new_tokens(users: Iterable[User]) -> dict[str, str]:
    """A random bearer token for each user's name."""
    return {user.name: secrets.token_urlsafe(24) for user in users}


def token_file(users: Iterable[User], tokens: Mapping[str, str]) -> str:
    """The text for `--token-auth-file`: token, user, uid, "group,group"."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for user in users:
        rows.writerow((tokens[user.name], user.name, user.name, ",".join(user.groups)))
    return text.getvalue()
