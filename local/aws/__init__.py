"""The emulated AWS: ministack in its own process, made durable."""
