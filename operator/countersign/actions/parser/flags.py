"""Flags of kubectl: which take a value, which mean something to us, why the others are refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from countersign.actions.parser.refusal import RefusalClass


class Use(Enum):
    """What becomes of a flag."""

    PARAMETER = auto()  # a verb may read it
    HARMLESS = auto()  # decides what kubectl prints or how long it waits, not what it does
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of kubectl's; ``short`` is its letter.

    A flag of use PARAMETER is refused, too, for a verb that does not list it.
    """

    name: str
    short: str = ""
    takes_value: bool = True
    use: Use = Use.REFUSED
    refused: RefusalClass = RefusalClass.UNSUPPORTED
    why: str = "is not supported for this command. Leave it out"


_USER = (
    "chooses another cluster or user, but actions run where the request is and as its service "
    "account. Leave it out"
)
_SEVERAL = "may choose several objects. Name the objects"
_DRY = "changes nothing. Leave it out: a dry run is made before anybody signs, or set spec.dryRun"
_FILE = "reads a file that nobody can see here. Name the object instead"
_LOCAL = "works on files and changes nothing in the cluster. Leave it out"
_OTHER_OBJECTS = "takes values from elsewhere, which nobody can see here. Write NAME=value"
_RECORD = "writes an annotation. Leave it out: the request itself is the record"
_AMBIGUOUS = RefusalClass.AMBIGUOUS


def _parameters(*names: str, takes_value: bool = True) -> tuple[Flag, ...]:
    return tuple(Flag(name, takes_value=takes_value, use=Use.PARAMETER) for name in names)


FLAGS = (
    Flag("namespace", "n", use=Use.PARAMETER),
    Flag("context", use=Use.PARAMETER, why=_USER),
    Flag("kubeconfig", use=Use.PARAMETER, why=_USER),
    Flag("selector", "l", use=Use.PARAMETER, refused=_AMBIGUOUS, why=_SEVERAL),
    Flag("container", "c", use=Use.PARAMETER),
    Flag("patch", "p", use=Use.PARAMETER),
    Flag("stdin", "i", takes_value=False, use=Use.PARAMETER),
    Flag("tty", "t", takes_value=False, use=Use.PARAMETER),
    Flag("quiet", "q", takes_value=False, use=Use.PARAMETER),
    Flag("filename", "f", use=Use.PARAMETER, why=_FILE),
    Flag("kustomize", "k", use=Use.PARAMETER, why=_FILE),
    *_parameters(
        "replicas", "current-replicas", "to-revision", "containers", "limits", "requests", "type",
        "grace-period", "pod-selector", "from", "skip-wait-for-delete-timeout", "chunk-size",
        "pod-running-timeout",
    ),
    *_parameters(
        "overwrite", "force", "now", "cascade", "ignore-not-found", "wait", "ignore-daemonsets",
        "delete-emptydir-data", "delete-local-data", "server-side", "force-conflicts",
        takes_value=False,
    ),
    Flag("output", "o", use=Use.HARMLESS),  # how kubectl prints the object
    Flag("v", "v", use=Use.HARMLESS),  # how much kubectl logs
    Flag("request-timeout", use=Use.HARMLESS),  # how long kubectl waits for the server
    Flag("timeout", use=Use.HARMLESS),  # how long kubectl waits for the outcome; see spec.verify
    Flag("dry-run", takes_value=False, refused=RefusalClass.READ_ONLY, why=_DRY),
    Flag("help", "h", takes_value=False, refused=RefusalClass.READ_ONLY, why="only prints help"),
    Flag("list", takes_value=False, refused=RefusalClass.READ_ONLY, why="changes nothing"),
    Flag("local", takes_value=False, refused=RefusalClass.READ_ONLY, why=_LOCAL),
    *(
        Flag(name, why=_USER)
        for name in (
            "cluster", "user", "as", "as-group", "as-uid", "as-user-extra", "token", "username",
            "password", "certificate-authority", "client-certificate", "client-key",
            "tls-server-name", "cache-dir",
        )
    ),
    Flag("server", "s", why=_USER),
    Flag("insecure-skip-tls-verify", takes_value=False, why=_USER),
    Flag("recursive", "R", takes_value=False, why=_FILE),
    Flag("patch-file", why=_FILE),
    Flag("field-selector", refused=_AMBIGUOUS, why=_SEVERAL),
    Flag("all", takes_value=False, refused=_AMBIGUOUS, why=_SEVERAL),
    Flag("all-namespaces", "A", takes_value=False, refused=_AMBIGUOUS, why=_SEVERAL),
    Flag("record", takes_value=False, why=_RECORD),
    Flag("resource-version", why="is not supported: the plan itself is bound to what was seen"),
    Flag("env", "e", why="is not supported. Write NAME=value without it"),
    *(Flag(name, why=_OTHER_OBJECTS) for name in ("keys", "prefix")),
    Flag("resolve", takes_value=False, why=_OTHER_OBJECTS),
    Flag("subresource"),
    Flag("field-manager"),
    Flag("image"),
    Flag("raw"),
    *(
        Flag(name, takes_value=False)
        for name in ("prune", "disable-eviction", "interactive", "show-managed-fields")
    ),
)  # fmt: skip
BY_NAME = {flag.name: flag for flag in FLAGS}
BY_LETTER = {flag.short: flag for flag in FLAGS if flag.short}
