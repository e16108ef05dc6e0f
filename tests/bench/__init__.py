"""Benchmarks: `python -m tests.bench NAME`; each module of this folder is one; their parts lie below."""
