"""Calls of chat APIs: the client, its limits and budget, and the reading of answers."""
