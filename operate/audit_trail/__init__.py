"""The audit trail: what it says of a user, and whether it is whole."""
