"""Streams of rows from files: never a whole file in memory, and no bad row that stops the good ones."""
