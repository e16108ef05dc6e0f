"""Benchmarks: `python -m tests.bench NAME`; every module of this folder is one, its parts lie in the folders."""
