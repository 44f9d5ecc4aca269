"""How a report is written: HTML, Markdown, the terminal, JUnit, annotations of CI."""
