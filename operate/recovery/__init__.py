"""Restore a table, put users back, and rehearse it."""
