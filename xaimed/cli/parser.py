"""How does a command refuse arguments that it does not take? In one line, as all of xaimed does."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import NoReturn

from xaimed.errors import ConfigError


class CommandParser(ArgumentParser):
    """Takes options only as they are written, leaves ``--help`` to the command, and refuses with a ``ConfigError``.

    Args:
        command: the name of the command.
    """

    def __init__(self, command: str) -> None:
        super().__init__(prog=f"xaimed {command}", add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where the arguments are described."""
        raise ConfigError(f"{self.prog}: {message}", fix=f"See {self.prog} --help.")
