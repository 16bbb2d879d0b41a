"""Benchmarks on the real engines: each module runs one and returns a `Report`; `cli_bench` prints it."""
