"""What the benchmarks promise: that they run, and what they tell."""
