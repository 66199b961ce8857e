"""Commands for operators of a deployed stack: `python -m operate` lists them."""
