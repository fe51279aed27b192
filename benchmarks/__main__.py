"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, faithfulness, throughput, training

training.main()
consistency.main()
data.main()
throughput.main()
faithfulness.main()
