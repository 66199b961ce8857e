"""The template's resources in the emulated AWS."""
