"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, explaining, throughput, training

training.main()
consistency.main()
data.main()
throughput.main()
explaining.main()
