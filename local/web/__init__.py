"""The pages of `make run`: documentation, console, mail and sign-in."""
