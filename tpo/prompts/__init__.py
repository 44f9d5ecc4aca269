"""Training prompts: where they come from, which are dropped, and which iteration gets them."""
