"""Tables, goals, charts and pages from the results."""
