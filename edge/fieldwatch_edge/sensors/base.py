"""What a sensor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fieldwatch_shared.messages import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Value:
    """One measurement. `at` None: just now; `over_s` None: of an instant."""

    quantity: Quantity
    value: float
    at: datetime | None = None
    over_s: float | None = None


class Device(Protocol):
    def read(self) -> Sequence[Value]:
        """What was measured since the last question, at once; nothing, where there is nothing new.

        Raises:
            DeviceError: it is not there, or does not answer; says why.
        """

    def close(self) -> None: ...


def named(row: Mapping[str, object]) -> list[Value]:
    """Those of a row's fields that are quantities, by their names; others are left aside."""
    found = []
    for quantity in Quantity:
        value = row.get(quantity.value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.append(Value(quantity, float(value)))
    return found
