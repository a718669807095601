"""The simplest programs that do the same work, for comparison."""
