"""Honest figures: ``python -m benchmarks pipeline|check|submit|memory [--json]``; method and figures in README.md."""
