"""``propose``: ask for an action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from countersign.plugin.options import Goal, Output, Patience, Where, flattened
from countersign.plugin.screen import Screen


@dataclass(frozen=True)
class What:
    """The action, where it is no text."""

    file: Annotated[
        str | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="An ApprovalRequest as YAML or JSON; - for stdin."
        ),
    ] = None
    operation: Annotated[
        str | None,
        typer.Option(
            "--operation",
            metavar="TYPE",
            help="Typed instead of a text, such as Scale (docs/actions).",
        ),
    ] = None
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", metavar="KIND/NAME", help="Of --operation: KIND/NAME; may be repeated."
        ),
    ] = None
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="KEY=VALUE",
            help="Of --operation: KEY=VALUE, as replicas=3; may be repeated.",
        ),
    ] = None


@dataclass(frozen=True)
class Terms:
    """What else is said of it."""

    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name of the request; generated if left out."),
    ] = None
    description: Annotated[
        str | None,
        typer.Option("--description", "-d", metavar="TEXT", help="Why, for the people who sign."),
    ] = None
    risk: Annotated[
        str | None,
        typer.Option(
            "--risk", metavar="TIER", help="The least risk you see: low, medium, high, critical."
        ),
    ] = None
    signatures: Annotated[
        int | None,
        typer.Option("--signatures", min=1, metavar="N", help="More signatures than the policy's."),
    ] = None
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires", metavar="DURATION", help="Not approved later than this, such as 24h."
        ),
    ] = None
    not_before: Annotated[
        str | None,
        typer.Option(
            "--not-before",
            metavar="TIME",
            help="Not before this: RFC 3339, or from now on, such as 2h.",
        ),
    ] = None
    incident: Annotated[
        str | None,
        typer.Option("--incident", metavar="NAME", help="Name of the incident it belongs to."),
    ] = None
    service_account: Annotated[
        str | None,
        typer.Option(
            "--service-account",
            metavar="NAME",
            help="Account to run as, if not countersign-executor.",
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan only; nothing is ever carried out.")
    ] = False


@dataclass(frozen=True)
class Until(Patience):
    """Whether to wait, and how far."""

    wait: Annotated[bool, typer.Option("--wait", help="Wait for it, and show it.")] = False
    goal: Annotated[Goal, typer.Option("--for", help="What --wait waits for.")] = Goal.PLANNED


@flattened
def propose(
    what: What,
    terms: Terms,
    until: Until,
    where: Where,
    output: Output,
    action: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ACTION", help="A kubectl command or a plain sentence; best in quotes."
        ),
    ] = None,
) -> None:
    """Propose an action; other people sign it.

    \b
      kubectl countersign propose "kubectl rollout restart deployment/web -n shop"
      kubectl countersign propose "scale deployment web to 5 replicas" -d "Sale at 20:00" --wait
      kubectl countersign propose --operation Scale --target deployment/web --with replicas=5
      kubectl countersign propose -f request.yaml

    Without -n it goes to the namespace that the action names, else to the context's. An action that
    cannot be understood is refused before anything is sent.
    """
    from countersign.plugin.acts import proposing  # noqa: PLC0415 - slow

    proposing.propose(Screen(), where, proposing.Wish(action or [], what, terms), until, output)
