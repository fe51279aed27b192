"""``python -m benchmarks``: every benchmark, in order."""

from benchmarks import consistency, data, explaining, faithfulness, integrated_gradients, lime, throughput, training

training.main()
consistency.main()
data.main()
throughput.main()
explaining.main()
integrated_gradients.main()
lime.main()
faithfulness.main()
