"""What the commands print for people: tables, and lines beside them. All of the product's tables are made here."""
