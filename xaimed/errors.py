"""The one family of errors: each says what is wrong, where, and what to do about it."""

from __future__ import annotations

from pathlib import Path


class XaimedError(Exception):
    """Something a user can put right; printed as one line, without a traceback, exit status 2."""

    def __init__(self, what: str, *, where: str | Path | None = None, fix: str | None = None) -> None:
        """Keep the three parts apart, so that callers can print them as they like.

        Args:
            what: what is wrong, as a clause without a full stop.
            where: the file, row or configuration key at fault.
            fix: what the user can do about it.
        """
        self.what, self.where, self.fix = what, where, fix
        place = f" [{where}]" if where is not None else ""
        advice = f" {fix}" if fix else ""
        super().__init__(f"{what}{place}.{advice}")


class ConfigError(XaimedError):
    """The configuration asks for something that does not exist or is not allowed."""


class DataError(XaimedError):
    """The data cannot be used as they are."""


class UnreadableImageError(DataError):
    """One picture cannot be decoded; it is quarantined with this reason."""


class StoreError(XaimedError):
    """A run or fold directory is not what it should be."""


class WeightsError(XaimedError):
    """Pretrained weights or a checkpoint are missing, foreign or damaged."""


class ExplainError(XaimedError):
    """An explanation was asked for that this model cannot give."""


class TrainingError(XaimedError):
    """Training cannot go on; what was reached before is kept."""


class NonFiniteLossError(TrainingError):
    """The loss became NaN or infinite."""
