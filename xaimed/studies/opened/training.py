"""How is a run made from Python? With the words of ``xaimed train``, in this process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console

from xaimed.config.compose import composed, plain, refuse_foreign_reach, said_in_one_line
from xaimed.config.targets import allow as allow_packages
from xaimed.errors import TrainingError
from xaimed.studies.opened.run import OpenRun, open_run
from xaimed.studies.run import run_to_the_end

WIDTH = 110
"""Characters of a line in a notebook."""


def train(
    *overrides: str, config_dir: str | Path | None = None, allow: Sequence[str] = (), quiet: bool = False
) -> OpenRun:
    """Train, cross-validate and explain one configuration, and open the run; what is finished of it is reused.

    Args:
        overrides: as ``xaimed train`` takes them: ``"dataset=spine"``, ``"optimizer.lr=3e-4"``.
        config_dir: a directory with options of your own.
        allow: packages of your own that these options may call.
        quiet: whether nothing is printed.

    Raises:
        TrainingError: some fold failed; the others are kept, and the same call goes on.
    """
    allow_packages(allow)
    # A notebook claims to be a terminal, and would keep every state of a progress bar.
    console = Console(quiet=quiet, width=WIDTH, force_jupyter=False, force_terminal=False, color_system=None)
    outcome = run_to_the_end(_config(overrides, config_dir), console)
    if outcome.failures:
        told = "; ".join(f"fold {fold}: {why}" for fold, why in outcome.failures.items())
        raise TrainingError(f"some folds failed: {told}", where=outcome.run)
    return open_run(outcome.run)


def _config(overrides: Sequence[str], config_dir: str | Path | None) -> dict[str, object]:
    """The configuration as the command line composes it; names of options are resolved against what was chosen."""
    asked, before = HydraConfig.instance(), HydraConfig.instance().cfg
    try:
        whole = composed(overrides, config_dir=None if config_dir is None else os.path.abspath(config_dir))
        refuse_foreign_reach(whole)
        asked.set_config(whole)
        return plain(OmegaConf.masked_copy(whole, [str(key) for key in whole if key != "hydra"]))
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    finally:
        asked.cfg = before
