"""Who may call: keys, authorizers, tokens, permissions."""
