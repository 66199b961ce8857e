"""The error that keeps the emulated AWS from starting."""


class AWSError(Exception):
    """The emulated AWS did not start; its text is one sentence that says why and what to do."""
