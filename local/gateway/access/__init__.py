"""Access: keys, authorizers, tokens, permissions."""
