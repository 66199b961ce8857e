"""What the performance claims rest on: the functions, and their peers, run by AWS's runtime client on this machine."""
