"""The protected infrastructure: inventory, posture and why a score is what it is."""
