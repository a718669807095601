"""Takes jobs through the stages: one lease from start to finish, many at once, and the upkeep around them."""
