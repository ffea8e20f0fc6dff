"""What the API server refuses, in one sentence that says what to do."""

from __future__ import annotations

import re
from http import HTTPStatus

from countersign.errors import ApiError
from countersign.plugin.exits import Exit, PluginError

_DENIED = re.compile(r"denied request: (.*)", re.DOTALL)
_CANNOT = re.compile(
    r'User "(?P<who>.*?)" cannot (?P<verb>\S+) resource "(?P<what>\S+?)" in API group "\S*?"'
    r'(?: in the namespace "(?P<where>\S+?)")?'
)
_UNTRUSTED = re.compile(r"certificate verify failed: (.*?)\.?(?: \(_ssl|$)")
_NO_REQUEST = re.compile(r'approvalrequests\S* "([^"]*)" not found')
_INVALID = re.compile(r'^\S+ "[^"]*" is (?:invalid|forbidden): (.*)', re.DOTALL)
_ROLES = {
    "create": "countersign-proposer",
    "patch": "countersign-approver-RISK (to sign) or countersign-proposer (to call off)",
    "get": "countersign-viewer",
    "list": "countersign-viewer",
    "watch": "countersign-viewer",
}
_NOT_INSTALLED = (
    "Countersign is not installed in this cluster: it knows no ApprovalRequests. Install it with "
    "kubectl apply --server-side -k manifests/, or choose another --context."
)
_KNOWLEDGE = (
    "The knowledge base is kept there. Ask for its Role: kubectl create rolebinding "
    "NAME -n {where} --role=countersign-knowledge-reader --user={who}. Where the operator runs in "
    "another namespace, say so: --operator-namespace."
)


def told(error: ApiError, server: str) -> PluginError:
    """An error of the API server's, for a person. ``server`` is its URL."""
    text = str(error)
    match error.code:
        case None:
            return PluginError(_unreached(text, server), Exit.UNREACHABLE)
        case HTTPStatus.UNAUTHORIZED:
            return PluginError(
                f"The API server {server} does not accept your credentials; they may have expired. "
                "Log in again, or choose another --context.",
                Exit.UNREACHABLE,
            )
        case HTTPStatus.NOT_FOUND:
            return _not_found(text)
        case HTTPStatus.FORBIDDEN:
            return PluginError(_forbidden(text), Exit.REFUSED)
        case code if code < HTTPStatus.INTERNAL_SERVER_ERROR and (
            code != HTTPStatus.TOO_MANY_REQUESTS
        ):
            return PluginError(_sentence(text), Exit.REFUSED)
        case _:
            return PluginError(
                f"The API server could not do it just now: {text}. Try again.", Exit.UNREACHABLE
            )


def _unreached(text: str, server: str) -> str:
    if untrusted := _UNTRUSTED.search(text):
        return (
            f"The certificate of the API server {server} is not trusted: {untrusted[1]}. Check the "
            "certificate-authority of the kubeconfig, or choose another --context."
        )
    return (
        f"The API server {server} cannot be reached ({text.rpartition(': ')[2]}). Check the "
        "network, or choose another --context."
    )


def missing_request(error: ApiError) -> str | None:
    """The name of the request that there is not, where that is what the error says."""
    found = _NO_REQUEST.match(str(error))
    return found[1] if error.not_found and found else None


def _not_found(text: str) -> PluginError:
    if "could not find the requested resource" in text or "page not found" in text:
        return PluginError(_NOT_INSTALLED, Exit.MISSING)
    return PluginError(f"{text.rstrip('.')}. Check the name.", Exit.MISSING)


def _forbidden(text: str) -> str:
    cannot = _CANNOT.search(text)
    if cannot is None or _DENIED.search(text):
        return _sentence(text)
    where = f" in namespace {cannot['where']}" if cannot["where"] else ""
    said = f"{cannot['who']} may not {cannot['verb']} {cannot['what']}{where}."
    if cannot["what"] == "configmaps":
        return f"{said} {_KNOWLEDGE.format(**cannot.groupdict())}"
    role = _ROLES.get(cannot["verb"])
    if role is None or not cannot["what"].startswith("approvalrequests"):
        return f"{said} Ask somebody who may."
    return f"{said} It takes a role such as {role}."


def _sentence(text: str) -> str:
    """The words that matter: what the rule says, without which rule it was."""
    denied = _DENIED.search(text)
    invalid = _INVALID.search(text)
    found = denied or invalid
    words = (found[1] if found else text).strip()
    return words if words.endswith((".", "!", ")")) else f"{words}."
