"""What personal data this is, its grade, and whether its mask holds."""
