"""The command line of the users API."""

__version__ = "0.1.0"
