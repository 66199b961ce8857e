"""Move the writes to another Region, and repair what a loss left behind."""
