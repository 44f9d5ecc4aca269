"""Samplers: a local model, an API endpoint, a server that is started; and the cache of outputs."""
