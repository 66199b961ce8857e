"""A cache of single values beside a database, which serves as well without it."""
