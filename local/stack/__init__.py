"""What the template's resources become in the emulated AWS."""
