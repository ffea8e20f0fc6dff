"""Quantities of resources: ``500m``, ``0.5`` and ``5e-1`` are the same."""

from __future__ import annotations

import re
from fractions import Fraction

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,2})|([A-Za-z]{0,2}))")
_FACTORS: dict[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "": Fraction(1),
    **{unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", 1)},
    **{unit: Fraction(1024**power) for power, unit in enumerate(("Ki", "Mi", "Gi"), 1)},
    **{unit: Fraction(1024**power) for power, unit in enumerate(("Ti", "Pi", "Ei"), 4)},
}
_LONGEST = 32


def amount(text: str) -> Fraction | None:
    """The exact number; None where the text is no quantity that Kubernetes would take."""
    parts = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if parts is None:
        return None
    number, exponent, unit = parts.groups()
    if exponent is not None:
        return Fraction(number) * Fraction(10) ** int(exponent)
    factor = _FACTORS.get(unit)
    return None if factor is None else Fraction(number) * factor


def same(one: str, other: str) -> bool:
    """Whether two texts mean the same amount."""
    first, second = amount(one), amount(other)
    return one == other if first is None or second is None else first == second
