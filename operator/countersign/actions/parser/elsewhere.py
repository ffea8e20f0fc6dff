"""Actions on another cluster than the one where the request is."""

from __future__ import annotations

from collections.abc import Mapping

from countersign.actions.parser import flat
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError
from countersign.api.operation import Operation

_LONGEST = 253
_MESSAGE = (
    "An action runs on the cluster where its request is, and this one names another cluster. "
    "Leave that out ({}), or make the request there."
)


def on_another_cluster(outcome: Operation | Foreign, cluster: Mapping[str, str]) -> Foreign:
    """The same, said to be for another cluster; ``cluster`` has a context or a kubeconfig."""
    for value in cluster.values():
        if not 0 < len(value) <= _LONGEST or not value.isprintable() or not value.isascii():
            raise TextRefusedError(
                RefusalClass.MALFORMED, "The name of another cluster cannot be read. Leave it out."
            )
    described = outcome.described if isinstance(outcome, Foreign) else flat.describe(outcome)
    return Foreign({**described, **cluster}, _MESSAGE.format(" and ".join(sorted(cluster))))
