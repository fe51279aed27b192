"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, throughput, training

training.main()
consistency.main()
data.main()
throughput.main()
