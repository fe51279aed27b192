"""What is said on a machine that others use, and that nothing is said on one of one's own."""

import os

import pytest

from xaimed.studies.crowded import crowded


@pytest.fixture
def four(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3}, raising=False)
    for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(("load", "said"), [(0.1, False), (4.5, False), (8.0, True), (31.0, True)])
def test_it_is_said_from_twice_as_many_programs_as_processors(four, load, said):
    four.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    assert ("OMP_WAIT_POLICY=PASSIVE" in crowded()) == said


@pytest.mark.parametrize(("name", "value"), [("OMP_WAIT_POLICY", "PASSIVE"), ("OMP_NUM_THREADS", "1")])
def test_who_has_taken_care_of_it_is_told_nothing(four, name, value):
    four.setattr(os, "getloadavg", lambda: (31.0, 0.0, 0.0), raising=False)
    four.setenv(name, value)
    assert crowded() == ""
