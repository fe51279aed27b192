"""How large may the folds be? Every way to share the classes out, each fold's share of a class known up to one."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

MOST = 4000

Plan = tuple[tuple[int, ...], ...]
"""For every fold, the number of samples of every class."""


@lru_cache
def plans(classes: tuple[int, ...], folds: int) -> tuple[Plan, ...]:
    """All stratified shares, the order of the folds apart.

    A class of n has n // folds samples in every fold, and one more in as many folds as are left over; in which, a
    paper does not say. Nothing comes back where there are too many ways to look at.
    """
    found: set[Plan] = {((),) * folds}
    for size in classes:
        least, over = divmod(size, folds)
        grown = set()
        for plan in found:
            for larger in combinations(range(folds), over):
                parts = [(*part, least + (fold in larger)) for fold, part in enumerate(plan)]
                grown.add(tuple(sorted(parts)))
        found = grown
        if len(found) > MOST:
            return ()
    return tuple(sorted(found))


@lru_cache
def sizes(classes: tuple[int, ...], folds: int) -> tuple[tuple[int, ...], ...]:
    """The sizes that the folds as a whole may have, largest first."""
    total = sum(classes)
    even = tuple(total // folds + (fold < total % folds) for fold in range(folds))
    whole = {tuple(sorted(map(sum, plan), reverse=True)) for plan in plans(classes, folds)}
    return tuple(sorted(whole | {even}))
