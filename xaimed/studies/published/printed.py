"""What does a printed number say? Its value, its decimals, its spread, its unit, and what rounding may hide."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from xaimed.errors import ConfigError
from xaimed.studies.published.interval import Interval

SCALES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_NUMBER = r"[-+−]?\d[\d,]*(?:\.\d+)?"
_TEN = r"(?:\s*[×x]\s*10\^?(?P<power>[-−]?\d+))?"
_LAYOUT = re.compile(
    rf"^(?P<low>{_NUMBER})(?:\s*–\s*(?P<high>{_NUMBER}))?{_TEN}"
    rf"(?:\s*\(?±\s*(?P<sd>\d+(?:\.\d+)?)\)?)?\s*(?:(?P<scale>[KMGT])(?![a-z]))?\s*(?P<unit>%|[a-zμ]+)?$"
)


@dataclass(frozen=True)
class Printed:
    """A number as it stands on paper.

    Attributes:
        text: as printed.
        value: what it says.
        step: one unit of its last printed place; 0 for a count, which is exact.
        sd: the spread behind a ±, a number of its own.
        upper: the other end of a printed range.
        unit: ``%``, ``s``, ``ms``, … or nothing.
    """

    text: str
    value: Fraction
    step: Fraction
    sd: Printed | None = None
    upper: Printed | None = None
    unit: str = ""

    @property
    def rounded(self) -> Interval:
        """What may have been rounded to this, half a unit to either side."""
        return Interval(self.value - self.step / 2, self.value + self.step / 2)

    @property
    def cut(self) -> Interval:
        """What may have been cut off to this: up to a whole unit beyond it."""
        sign = -1 if self.value < 0 else 1
        ends = (self.value, self.value + sign * self.step)
        return Interval(min(ends), max(ends))

    @property
    def either(self) -> Interval:
        """Rounded or cut off."""
        return Interval(min(self.rounded.low, self.cut.low), max(self.rounded.high, self.cut.high))


def count(value: int) -> Printed:
    """A count, which is exact."""
    return Printed(str(value), Fraction(value), Fraction(0))


def printed(content: Any, where: str) -> Printed:
    """A number as a study writes it: a whole number is a count, anything else a text in quotes, as it is printed.

    Raises:
        ConfigError: it is a YAML number whose decimals are lost, or no number at all.
    """
    if isinstance(content, int) and not isinstance(content, bool):
        return count(content)
    if isinstance(content, float):
        raise ConfigError(
            f"{content} has lost its printed decimals", where=where, fix="Write it in quotes, as it is printed."
        )
    found = _LAYOUT.match(str(content).strip())
    if found is None:
        raise ConfigError(f"'{content}' is no printed number", where=where, fix="Such as '85.79 ± 4.74' or '15.5 G'.")
    factor = Fraction(SCALES[found["scale"] or ""])
    if found["power"]:
        factor *= Fraction(10) ** int(found["power"].replace("−", "-"))
    unit = found["unit"] or ""
    ends = [_plain(found[name], factor, unit) for name in ("low", "high", "sd") if found[name]]
    spread = ends.pop() if found["sd"] else None
    upper = ends[1] if found["high"] else None
    return Printed(str(content).strip(), ends[0].value, ends[0].step, spread, upper, unit)


def _plain(digits: str, factor: Fraction, unit: str) -> Printed:
    """Digits, with what they are to be multiplied by."""
    bare = digits.replace(",", "").replace("−", "-")
    decimals = len(bare.partition(".")[2])
    return Printed(digits, Fraction(bare) * factor, factor / 10**decimals, unit=unit)


def shown(value: Fraction | float, digits: int = 6) -> str:
    """A computed value in as many digits as it takes to see the difference, without a tail of zeros."""
    text = f"{float(value):,.{digits}g}" if abs(float(value)) < 10**digits else f"{float(value):,.0f}"
    return text.replace("e-0", "e-")
