"""Where does a study's published part come from? From ``conf/study``, or from a directory of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xaimed.config.compose import composed, refuse_foreign_reach, said_in_one_line
from xaimed.errors import ConfigError
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.reading import paper_from

GROUP, PUBLISHED = "study", "published"


def paper_of(study: str, overrides: Sequence[str] = (), config_dir: Path | None = None) -> Paper:
    """What the paper of a study prints.

    Args:
        study: the name of its YAML.
        overrides: such as ``study.published.samples.images.folds=10``.
        config_dir: a directory with a ``study`` folder of the user's own.

    Raises:
        ConfigError: there is no such study, it prints nothing, or its published part does not fit together.
    """
    try:
        directory = None if config_dir is None else str(config_dir.absolute())
        config = composed([f"+{GROUP}={study}", *overrides], config_dir=directory)
        refuse_foreign_reach(config)
        node: Any = OmegaConf.to_container(config[GROUP], resolve=True, throw_on_missing=False)
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    if not isinstance(node, dict) or not node.get(PUBLISHED):
        raise ConfigError(
            f"study '{study}' has no published numbers",
            where=f"{GROUP}.{PUBLISHED}",
            fix="Write them as conf/study/published/spine.yaml does.",
        )
    return paper_from(study, node[PUBLISHED])
