"""What every room's tests share: one cache of drawn pictures and stand-in weights for the whole session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # shap's compiled loops take 8 s to compile, and none on tiny pictures


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory) -> Path:
    """Shared by all workers of a parallel session: what lies in it is complete or absent."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cache"


@pytest.fixture(autouse=True)
def _cache(session_cache, monkeypatch):
    """No test reads or writes the user's own cache."""
    monkeypatch.setenv("XAIMED_CACHE", str(session_cache))
