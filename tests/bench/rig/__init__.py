"""What all benchmarks share: processes, the broker, counting, and the results file."""
