"""Refusals and failures, in one sentence that says what to do."""

from __future__ import annotations

import pytest

from countersign.errors import ApiError
from countersign.plugin.exits import MEANINGS, Exit, legend
from countersign.plugin.failures import told

SERVER = "https://cluster.example.com"
POLICY = (
    'approvalrequests.countersign.dev "r" is forbidden: ValidatingAdmissionPolicy '
    "'countersign-signatures' with binding 'countersign-signatures' denied request: agent proposed "
    "this request and so cannot sign it. Somebody else has to."
)
RBAC = (
    'approvalrequests.countersign.dev is forbidden: User "eve" cannot {verb} resource '
    '"approvalrequests" in API group "countersign.dev" in the namespace "shop"'
)
NODES = (
    'clusterrolebindings.rbac.authorization.k8s.io "x" is forbidden: User "eve" cannot patch '
    'resource "clusterrolebindings" in API group "rbac.authorization.k8s.io" at the cluster scope'
)
CASES = {
    "refused connection": (
        ApiError("GET /x: connection refused"),
        Exit.UNREACHABLE,
        "The API server https://cluster.example.com cannot be reached (connection refused).",
    ),
    "a certificate of somebody else's": (
        ApiError(
            "GET /x: Cannot connect to host c:443 ssl:True [SSLCertVerificationError: (1, '[SSL: "
            "CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in "
            "certificate chain (_ssl.c:1006)')]"
        ),
        Exit.UNREACHABLE,
        "is not trusted: self-signed certificate in certificate chain. Check the certificate-auth",
    ),
    "a certificate for another name": (
        ApiError(
            "GET /x: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, "
            "certificate is not valid for 'c'. (_ssl.c:1006)"
        ),
        Exit.UNREACHABLE,
        "is not trusted: Hostname mismatch, certificate is not valid for 'c'. Check",
    ),
    "expired credentials": (
        ApiError("Unauthorized", code=401),
        Exit.UNREACHABLE,
        "does not accept your credentials; they may have expired. Log in again",
    ),
    "something else that is missing": (
        ApiError('namespaces "x" not found', code=404),
        Exit.MISSING,
        'namespaces "x" not found. Check the name.',
    ),
    "not installed": (
        ApiError("the server could not find the requested resource", code=404),
        Exit.MISSING,
        "Countersign is not installed in this cluster",
    ),
    "not installed, older words": (
        ApiError("404 page not found\n", code=404),
        Exit.MISSING,
        "Countersign is not installed in this cluster",
    ),
    "an admission policy": (
        ApiError(POLICY, code=403),
        Exit.REFUSED,
        "agent proposed this request and so cannot sign it. Somebody else has to.",
    ),
    "no right to look": (
        ApiError(RBAC.format(verb="list"), code=403),
        Exit.REFUSED,
        "eve may not list approvalrequests in namespace shop. It takes a role such as",
    ),
    "no right to propose": (
        ApiError(RBAC.format(verb="create"), code=403),
        Exit.REFUSED,
        "It takes a role such as countersign-proposer.",
    ),
    "no right to something else": (
        ApiError(NODES, code=403),
        Exit.REFUSED,
        "eve may not patch clusterrolebindings. Ask somebody who may.",
    ),
    "the schema": (
        ApiError('ApprovalRequest.countersign.dev "r" is invalid: spec.x: Too long', code=422),
        Exit.REFUSED,
        "spec.x: Too long.",
    ),
    "a name that is taken": (
        ApiError('approvalrequests.countersign.dev "r" already exists', code=409),
        Exit.REFUSED,
        'approvalrequests.countersign.dev "r" already exists.',
    ),
    "a busy server": (ApiError("slow down", code=429), Exit.UNREACHABLE, "slow down. Try again."),
    "a broken server": (ApiError("oops", code=500), Exit.UNREACHABLE, "oops. Try again."),
}


@pytest.mark.parametrize(("error", "exit_", "says"), CASES.values(), ids=CASES.keys())
def test_a_failure_is_one_sentence_and_one_status(error: ApiError, exit_: Exit, says: str) -> None:
    failure = told(error, SERVER)
    assert failure.exit is exit_
    assert says in str(failure)
    assert str(failure).rstrip().endswith(".")


def test_every_status_has_its_meaning_and_its_line_in_the_documentation() -> None:
    assert set(MEANINGS) == set(Exit)
    assert len(legend().splitlines()) == len(Exit)
