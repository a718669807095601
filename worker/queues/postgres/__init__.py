"""The queue in a PostgreSQL database that many machines share: a schema of our own, no rights beyond it."""
