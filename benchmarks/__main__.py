"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, training

training.main()
consistency.main()
data.main()
