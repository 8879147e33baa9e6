"""`rongdun dlp`: where personal data lies, its grade, and whether its mask holds."""
