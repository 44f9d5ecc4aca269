"""The options that several commands have, by subject; each is declared once."""
