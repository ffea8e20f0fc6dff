"""Whom a person is for the API server, and where: the kubeconfig, read as kubectl reads it.

What the official client says of a broken kubeconfig can hold the user's whole stanza, token and
all. So none of it is passed on, but for what a credential plugin has written.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes.aio import config as kubernetes_config
from kubernetes.aio.client import Configuration

from countersign.errors import CountersignError

_LOGGER = logging.getLogger("kubernetes.aio.config.kube_config")
_DEFAULT = Path("~/.kube/config")
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class KubeconfigError(CountersignError):
    """There is no kubeconfig, or it does not say whom to be, or the credentials cannot be got."""


@dataclass(frozen=True)
class Place:
    """A cluster, as whom, and the namespace where nothing else is said."""

    configuration: Configuration
    namespace: str


async def load_place(kubeconfig: str | None = None, context: str | None = None) -> Place:
    """The context in use, or the one that is named. Raises ``KubeconfigError``.

    Without a kubeconfig, in a pod: the pod's own account.
    """
    paths = _paths(kubeconfig)
    found = [path for path in paths if path.is_file()]
    if not found:
        if kubeconfig is None and context is None and "KUBERNETES_SERVICE_HOST" in os.environ:
            return _in_pod()
        where = ":".join(map(str, paths))
        raise KubeconfigError(
            f"There is no kubeconfig at {where}. Name one with --kubeconfig or KUBECONFIG."
        )
    joined = os.pathsep.join(map(str, found))
    stanzas = [_stanzas(path) for path in found]
    name = context or _current(stanzas, joined)
    chosen = _named(stanzas, "contexts", name, "context")
    if chosen is None:
        raise KubeconfigError(
            f"The kubeconfig {joined} has no context {name!r}. "
            "kubectl config get-contexts shows those it has."
        )
    user = _named(stanzas, "users", str(chosen.get("user")), "user")
    if user is not None and {"as", "as-uid"} & user.keys():
        raise KubeconfigError(
            f"The kubeconfig's user in context {name!r} impersonates another one, and a signature "
            "is one's own. Use a context without `as`, or kubectl itself."
        )
    configuration = await _loaded(joined, name)
    return Place(configuration, str(chosen.get("namespace") or "default"))


async def _loaded(joined: str, name: str) -> Configuration:
    """The client's settings for a context; where there is a credential plugin, it is run."""
    configuration = Configuration()
    try:
        with _complaints() as complaints:
            await kubernetes_config.load_kube_config(
                joined, context=name, client_configuration=configuration, persist_config=False
            )
    except kubernetes_config.ConfigException as error:
        raise KubeconfigError(_told(str(error), joined, name)) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise KubeconfigError(
            f"The credentials of context {name!r} in {joined} could not be read "
            f"({type(error).__name__}). Does kubectl work with it?"
        ) from None
    if complaints:
        raise KubeconfigError(_told(complaints[0], joined, name))
    return configuration


def contexts(kubeconfig: str | None = None) -> list[str]:
    """The names of all contexts; none where there is no kubeconfig that can be read."""
    try:
        stanzas = [_stanzas(path) for path in _paths(kubeconfig) if path.is_file()]
    except KubeconfigError:
        return []
    return [
        str(each["name"])
        for stanza in stanzas
        for each in stanza.get("contexts") or ()
        if isinstance(each, dict) and "name" in each
    ]


def _paths(kubeconfig: str | None) -> list[Path]:
    if kubeconfig is not None:
        return [Path(kubeconfig).expanduser()]
    listed = os.environ.get("KUBECONFIG", "")
    return [Path(each) for each in listed.split(os.pathsep) if each] or [_DEFAULT.expanduser()]


def _in_pod() -> Place:
    configuration = Configuration()
    try:
        kubernetes_config.load_incluster_config(client_configuration=configuration)
        namespace = _OWN_NAMESPACE.read_text().strip()
    except (kubernetes_config.ConfigException, OSError):
        raise KubeconfigError(
            "There is no kubeconfig, and this pod has no service account token."
        ) from None
    return Place(configuration, namespace or "default")


def _stanzas(path: Path) -> dict[str, Any]:
    try:
        read = yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = type(error).__name__
        raise KubeconfigError(f"The kubeconfig {path} cannot be read ({why}).") from None
    return read if isinstance(read, dict) else {}


def _current(stanzas: Sequence[dict[str, Any]], where: str) -> str:
    """The first file that names one wins, as with kubectl."""
    for stanza in stanzas:
        if stanza.get("current-context"):
            return str(stanza["current-context"])
    raise KubeconfigError(
        f"The kubeconfig {where} has no current context. Name one with --context, or choose one: "
        "kubectl config use-context NAME."
    )


def _named(
    stanzas: Sequence[dict[str, Any]], kind: str, name: str, inner: str
) -> dict[str, Any] | None:
    for stanza in stanzas:
        for each in stanza.get(kind) or ():
            if isinstance(each, dict) and each.get("name") == name:
                found = each.get(inner)
                return found if isinstance(found, dict) else {}
    return None


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What the official client logs instead of raising it: it would go on as nobody."""
    heard: list[str] = []
    listener = _Listener(heard)
    propagates, _LOGGER.propagate = _LOGGER.propagate, False
    _LOGGER.addHandler(listener)
    try:
        yield heard
    finally:
        _LOGGER.removeHandler(listener)
        _LOGGER.propagate = propagates


class _Listener(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(record.getMessage())


def _told(text: str, where: str, context: str) -> str:
    """Only what a credential plugin, or the attempt to start one, has said is quoted."""
    if text.startswith(("exec: process returned", "[Errno")):
        said = text.removeprefix("exec: ")
        return f"The credential plugin of context {context!r} failed: {said}"
    return (
        f"Context {context!r} of the kubeconfig {where} is incomplete: its cluster, user or "
        "credentials are missing. Does kubectl work with it?"
    )
