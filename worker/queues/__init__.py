"""Where jobs wait and where their history is kept: one room per store, all held to ``tests/conformance``."""
