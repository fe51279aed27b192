"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import training

training.main()
