"""The template as AWS would see it."""
