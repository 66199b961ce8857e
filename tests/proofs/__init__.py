"""Proofs: what holds under faults, races and retries, with seeded wrong versions that each proof must catch."""
