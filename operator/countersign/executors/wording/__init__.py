"""What executors say to people: bounded, in one line, and never ambiguous."""
