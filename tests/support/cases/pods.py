"""Cases: delete and evict pods, run a Job."""

from __future__ import annotations

from tests.support.cases.case import Case
from tests.support.workloads import cron_job, pod

_LONE = {"kind": "Pod", "name": "lone"}
_OTHER_IMAGE = {
    "spec": {
        "jobTemplate": {
            "spec": {
                "template": {"spec": {"containers": [{"name": "main", "image": "example/web:3"}]}}
            }
        }
    }
}


def _removed(verb: str, type_: str) -> Case:
    return Case(
        name=f"{verb}-Pod",
        operation={"type": type_, "target": _LONE},
        text=f"kubectl {verb} pod lone",
        # Nobody makes it again.
        risk="high",
        laid=lambda site: (pod("lone"),),
        changes=(),
        done=None,
        gone="Succeeded",
    )


_RUN_JOB = Case(
    name="run-job",
    operation={
        "type": "RunJob",
        "target": {"kind": "CronJob", "name": "report"},
        "runJob": {"name": "report-now"},
    },
    text="kubectl create job report-now --from=cronjob/report",
    risk="medium",
    laid=lambda site: (cron_job(),),
    changes=(),
    done=lambda live: live["status"]["succeeded"] == 1,
    shown=("Job", "report-now"),
    meddling=("strategic", _OTHER_IMAGE),
    again="Failed",
)

CASES = (_removed("delete", "DeletePod"), _removed("evict", "EvictPod"), _RUN_JOB)
