"""What is done with a finished fold that training does not depend on? Once its predictions are in, and also later."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import lightning.pytorch as pl


class Afterwards(pl.Callback, ABC):
    """Works in ``on_predict_end`` with the weights that were kept, and can be asked of a finished fold."""

    @abstractmethod
    def is_done(self, folder: Path) -> bool:
        """Whether a fold has everything that is asked for."""
