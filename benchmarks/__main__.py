"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, explaining, faithfulness, throughput, training

training.main()
consistency.main()
data.main()
throughput.main()
explaining.main()
faithfulness.main()
