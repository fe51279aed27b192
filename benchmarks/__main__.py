"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import data, throughput, training

training.main()
data.main()
throughput.main()
