"""Where does chance come from? From (seed, fold, epoch, sample), never from what ran before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager


def seed_for(*parts: int | str) -> int:
    """A 63-bit seed that depends on the parts alone, the same on every machine."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@contextmanager
def seeded(*parts: int | str) -> Iterator[None]:
    """Torch's CPU generator seeded by the parts inside the block, untouched outside it."""
    import torch  # here, for what is chosen by a hash alone is found again without it

    state = torch.random.get_rng_state()
    torch.default_generator.manual_seed(seed_for(*parts))
    try:
        yield
    finally:
        torch.random.set_rng_state(state)
