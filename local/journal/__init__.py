"""A log on the disk that survives a killed process."""
