"""How is a dataset cut so that every part looks like the whole, and no patient lies in two parts?

By iterative stratification (Sechidis et al. 2011) over patients: the rarest label first, its patients one by one to
the part that still lacks most of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def distribute(groups: npt.NDArray[np.str_], labels: Ints, shares: Sequence[float], seed: int) -> Ints:
    """The part of every row.

    Args:
        groups: the patient of every row; a patient's rows stay together.
        labels: 0/1 matrix ``[rows, labels]``; what nobody knows (-1) counts as 0.
        shares: what each part is to get of the whole; they add up to 1.
        seed: decides among equals.
    """
    names, member = np.unique(groups, return_inverse=True)
    content = np.zeros((len(names), labels.shape[1]))
    np.add.at(content, member, labels == 1)
    sizes = np.bincount(member).astype(float)
    assignment = _Assignment(content, sizes, np.asarray(shares, dtype=float), seed)
    assignment.give_every_part_one_of_each()
    assignment.give_the_rest()
    return assignment.part[member]


class _Assignment:
    """Patients on their way to parts, and what the parts still lack."""

    def __init__(
        self,
        content: npt.NDArray[np.float64],
        sizes: npt.NDArray[np.float64],
        shares: npt.NDArray[np.float64],
        seed: int,
    ) -> None:
        self.content, self.sizes = content, sizes
        self.lacking = np.outer(shares, content.sum(axis=0))
        self.room = shares * sizes.sum()
        self.part: Ints = np.full(len(sizes), -1, dtype=np.int64)
        self.shuffled = np.random.default_rng(seed).permutation(len(sizes))

    def give_every_part_one_of_each(self) -> None:
        """A small patient of every label to every part: proportions alone leave small parts without rare labels."""
        for label in np.argsort((self.content > 0).sum(axis=0), kind="stable"):
            for part in range(len(self.room)):
                if self.content[self.part == part, label].any():
                    continue
                waiting = self._waiting(self.content[:, label] > 0)
                if len(waiting):
                    self._give(waiting[np.argmin(self.sizes[waiting])], part)

    def give_the_rest(self) -> None:
        """The rarest label that still has patients first; whoever has no label goes where there is most room."""
        while (self.part < 0).any():
            patients = (self.content[self.part < 0] > 0).sum(axis=0)
            if patients.any():
                label = int(np.argmin(np.where(patients > 0, patients, np.inf)))
                amount, lack = self.content[:, label], self.lacking[:, label]
                self._give_largest_first(self._waiting(amount > 0), amount, lack)
            else:
                self._give_largest_first(self._waiting(self.part < 0), self.sizes, self.room)

    def _give_largest_first(
        self, patients: Ints, amount: npt.NDArray[np.float64], lack: npt.NDArray[np.float64]
    ) -> None:
        """``lack`` is a view that shrinks as patients are given."""
        for patient in patients[np.argsort(-amount[patients], kind="stable")]:
            self._give(patient, int(np.lexsort((-self.room, -lack.round(6)))[0]))

    def _waiting(self, which: npt.NDArray[np.bool_]) -> Ints:
        """The patients without a part among ``which``, shuffled."""
        return self.shuffled[(which & (self.part < 0))[self.shuffled]]

    def _give(self, patient: int, part: int) -> None:
        self.part[patient] = part
        self.lacking[part] -= self.content[patient]
        self.room[part] -= self.sizes[patient]
