"""``create job --from=cronjob/NAME``."""

from __future__ import annotations

from countersign.actions.parser import targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.kinds import Known
from countersign.actions.parser.names import MAX_NAMESPACE, valid_name
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.verbs.command import Command, command
from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.parameters import RunJobParameters


def _run_job(arguments: Arguments) -> Operation:
    source = arguments.value("from")
    if source is None or arguments.behind is not None:
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED,
            "A job is made from a cron job only. Write kubectl create job NAME "
            "--from=cronjob/NAME.",
        )
    match arguments.positionals:
        case []:
            raise TextRefusedError(
                RefusalClass.MALFORMED, "The job has no name. Write kubectl create job NAME …"
            )
        case [name] if "/" not in name:
            pass
        case _:
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(' '.join(arguments.positionals))} is no name of one job.",
            )
    return run_job(
        targets.kind_and_name(source, Kind.CRON_JOB, what="--from"),
        name,
        arguments.value("namespace"),
    )


def run_job(cron_job: str, name: str, namespace: str | None) -> Operation:
    """A job of this name, made from a cron job."""
    if len(valid_name(name)) > MAX_NAMESPACE:
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"The name of a job has {MAX_NAMESPACE} characters at most."
        )
    operation = OperationType.RUN_JOB
    return Operation(
        type=operation,
        target=targets.target(operation, Known(Kind.CRON_JOB), cron_job, namespace),
        run_job=RunJobParameters(name=name),
    )


COMMANDS: dict[tuple[str, ...], Command] = {("create", "job"): command(_run_job, "from")}
