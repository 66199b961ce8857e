"""The local runtime under load."""
