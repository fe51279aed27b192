"""One job of a sweep, in a process of its own: ``python -m xaimed.cli.job CONFIG OUTCOME PARENT [PACKAGE…]``."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from xaimed.config.targets import allow
from xaimed.errors import XaimedError
from xaimed.store.writing import read_json, write_json

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main(config: str, outcome: str, parent: str, *packages: str) -> int:
    """Run the job and write its outcome; the exit status is that of ``xaimed train``."""
    end_with(int(parent))
    allow(packages)
    from xaimed.studies.run import run_to_the_end

    result: dict[str, object] = {}
    try:
        done = run_to_the_end(read_json(Path(config)))
        failures = "; ".join(f"fold {fold}: {reason}" for fold, reason in done.failures.items())
        result = {"status": 1 if failures else 0, "run": str(done.run), **({"error": failures} if failures else {})}
    except XaimedError as error:
        print(f"xaimed: {error}", file=sys.stderr)
        result = {"status": 2, "error": str(error)}
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        result = {"status": 1, "error": f"{type(error).__name__}: {error}"}
        raise
    finally:
        if result:
            write_json(Path(outcome), result)
    return int(str(result["status"]))


def end_with(parent: int) -> None:
    """A sweep that is killed must not leave a job behind that trains on unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the sweep that started this job is gone")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
