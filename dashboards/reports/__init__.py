"""Reports on data protection: gathered once, in one language, and written as HTML, a spreadsheet, PDF or JSON."""
