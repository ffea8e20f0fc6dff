"""What the workflow needs from the world, as protocols: the real things are one floor up."""

from countersign.ports.casebook import Casebook
from countersign.ports.cluster import (
    Cluster,
    Finished,
    JsonObject,
    ObjectPath,
    PatchForm,
    ServiceAccount,
)
from countersign.ports.execution import Draft, Effect, Executor, Patient, Progress, Stamp, Trace
from countersign.ports.office import Clock, Desk, Meter, Notifier, Policies, Store

__all__ = [
    "Casebook",
    "Clock",
    "Cluster",
    "Desk",
    "Draft",
    "Effect",
    "Executor",
    "Finished",
    "JsonObject",
    "Meter",
    "Notifier",
    "ObjectPath",
    "PatchForm",
    "Patient",
    "Policies",
    "Progress",
    "ServiceAccount",
    "Stamp",
    "Store",
    "Trace",
]
