"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import data, training

training.main()
data.main()
