"""What changed, and what needs a person: for one reserve, and for several side by side."""
