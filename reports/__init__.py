"""What people look at: reports, tables and charts, made of what the store holds."""
