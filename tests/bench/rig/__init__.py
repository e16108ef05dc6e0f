"""What all benchmarks share: processes, broker and ear, what they note, counting, and the results file."""
