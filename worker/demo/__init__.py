"""The story that ``preflight demo`` tells: a shop, five thousand orders, and everything that can be wrong with them."""
