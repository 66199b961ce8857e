"""Faults at every call: a proxy between the functions and DynamoDB, the flows that run through it, what must hold."""
