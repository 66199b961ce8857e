"""The Velocity Template Language of mapping templates."""
