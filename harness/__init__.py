"""How anything is measured, from a prompt to a gate's decision; imports no other room."""
