"""That the cache gives no old user after a write was acknowledged."""
