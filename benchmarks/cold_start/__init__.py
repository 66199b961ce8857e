"""Time, memory, modules and instructions of a function, from its start to warm requests."""
