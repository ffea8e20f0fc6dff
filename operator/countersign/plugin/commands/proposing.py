"""``propose``: ask for an action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from countersign.plugin.exits import refused
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


def _playbooks(context: typer.Context, incomplete: str) -> list[str]:
    from countersign.plugin.completion import case_names  # noqa: PLC0415 - only on the tab key

    return case_names(context, incomplete, "playbooks")


def _aims(context: typer.Context, incomplete: str) -> list[str]:
    """Of --for: an incident's name where there is a playbook, else what --wait waits for."""
    from countersign.plugin.completion import case_names  # noqa: PLC0415 - only on the tab key

    goals = [each.value for each in Goal if each.value.startswith(incomplete)]
    if context.params.get("playbook") is None:
        return goals
    return [*case_names(context, incomplete, "incidents"), *goals]


def _incidents(context: typer.Context, incomplete: str) -> list[str]:
    from countersign.plugin.completion import case_names  # noqa: PLC0415 - only on the tab key

    return case_names(context, incomplete, "incidents")


@dataclass(frozen=True)
class Repair:
    """The action, where it is one that has worked before."""

    playbook: Annotated[
        str | None,
        typer.Option(
            "--playbook",
            metavar="PLAYBOOK",
            autocompletion=_playbooks,
            help="A playbook's step, --for an incident.",
        ),
    ] = None
    step: Annotated[
        int | None,
        typer.Option("--step", min=1, metavar="N", help="Of --playbook: which step, if several."),
    ] = None
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway", help="Of --playbook: also where the incident is not what it is for."
        ),
    ] = False


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
    confidence: Annotated[
        float | None,
        typer.Option(
            "--confidence",
            min=0,
            max=1,
            metavar="0..1",
            help="How sure you are: what nobody has to sign has to state it.",
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
        typer.Option(
            "--incident",
            metavar="NAME",
            autocompletion=_incidents,
            help="Name of the incident it belongs to.",
        ),
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
    aims: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="INCIDENT|GOAL",
            autocompletion=_aims,
            help="With --playbook: the incident. With --wait: planned (if left out), approved, "
            "executed or end. May be given for both.",
        ),
    ] = None

    @property
    def goal(self) -> Goal:
        """What --wait waits for. Raises ``PluginError``."""
        goals = [Goal(each) for each in self.aims or [] if each in list(Goal)]
        if len(goals) > 1:
            raise refused(f"--for: wait for one of {goals[0]} and {goals[1]}.")
        return goals[0] if goals else Goal.PLANNED

    @property
    def others(self) -> list[str]:
        """What --for says that is no goal: an incident."""
        return [each for each in self.aims or [] if each not in list(Goal)]


@flattened
def propose(
    what: What,
    repair: Repair,
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
      kubectl countersign propose --playbook pod-oom-raise-memory --for inc-42

    Without -n it goes to the namespace that the action names, else to the context's. An action that
    cannot be understood is refused before anything is sent. A playbook that is Retired, or not for
    such an incident, is refused as well; --anyway lets those who sign judge the latter.
    """
    from countersign.plugin.acts import proposing  # noqa: PLC0415 - slow

    proposing.propose(
        Screen(), where, proposing.Wish(action or [], what, repair, terms), until, output
    )
