"""Do other programs keep the processors busy? Threads that spin while they wait for each other then take far longer."""

from __future__ import annotations

import os

CROWDED = 2.0
"""Programs in line for each processor; one that uses them all by itself comes to one."""
SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def crowded() -> str:
    """What to say of it, and what helps; empty where nothing is the matter, or somebody has taken care of it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not hasattr(os, "getloadavg") or cores == 1 or os.environ.get("OMP_NUM_THREADS") == "1":
        return ""
    load = os.getloadavg()[0]
    if load < CROWDED * cores or any(name in os.environ for name in SETTINGS):
        return ""
    return (
        f"other programs keep the {cores} processors busy (load {load:.0f}): a step can take many times as long. "
        "OMP_WAIT_POLICY=PASSIVE before the command lets threads wait asleep, which helps here and costs where "
        "nothing else runs."
    )
