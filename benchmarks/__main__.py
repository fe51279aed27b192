"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, lime, throughput, training

training.main()
consistency.main()
data.main()
throughput.main()
lime.main()
