"""ministack: its internals that we use, and the error that keeps it from starting."""
