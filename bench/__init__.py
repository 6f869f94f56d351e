"""Benchmarks: each measures ours beside a peer and a floor in one run, and writes `bench/results/<name>.json`."""
