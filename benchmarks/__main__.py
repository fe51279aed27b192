"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, explaining, faithfulness, lime, throughput, training

training.main()
consistency.main()
data.main()
throughput.main()
explaining.main()
lime.main()
faithfulness.main()
