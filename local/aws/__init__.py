"""The emulated AWS: ministack in a process of its own, made durable."""
