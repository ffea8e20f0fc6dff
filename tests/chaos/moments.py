"""Random moments in an operator's work, measured in the requests it makes and not in seconds."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.requests_counted import OPERATOR

PLANNING, CARRYING_OUT = 3, 5
"""The fewest requests to the API server that either takes."""
_SEED = "COUNTERSIGN_CHAOS_SEED"


def chance() -> random.Random:
    """A generator whose seed is shown with a failure, and can be given back by the environment."""
    seed = os.environ.get(_SEED) or str(random.SystemRandom().randrange(2**32))
    print(f"{_SEED}={seed}")
    return random.Random(seed)


class Footsteps:
    """What the operator asks the API server for, counted while the audit log grows."""

    def __init__(self, audit_log: Path) -> None:
        self._log = audit_log.open()
        self._log.seek(0, os.SEEK_END)
        self._half_line = ""

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def new(self) -> int:
        """How many since the last look, its Lease aside."""
        lines = (self._half_line + self._log.read()).split("\n")
        self._half_line = lines.pop()
        return sum(OPERATOR in line and "/leases/" not in line for line in lines)

    def wait_for(self, steps: int, *, or_until: Callable[[], bool], seconds: float = 120.0) -> bool:
        """True as soon as so many are made; False where there is nothing left to do."""
        deadline, made, looks = time.monotonic() + seconds, self.new(), 0
        while made < steps:
            assert time.monotonic() < deadline, f"{made} of {steps} steps in {seconds:g} s"
            looks += 1
            if looks % 100 == 0 and or_until():
                return False
            time.sleep(0.002)
            made += self.new()
        return True


def steps_to_next(moments_left: int, steps_left: int, dice: random.Random) -> int:
    """How far the first of so many moments is, all of them uniform over the steps that are left."""
    return max(1, round(steps_left * (1 - dice.random() ** (1 / moments_left))))
