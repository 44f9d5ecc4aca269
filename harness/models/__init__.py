"""Models by name, modes, thought prompts, and the splitting of outputs into thought and response."""
