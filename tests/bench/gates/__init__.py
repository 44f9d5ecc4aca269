"""What the gate claims, shown: a module for each kind of claim, each prints Markdown tables."""
