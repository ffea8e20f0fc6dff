"""The commands, one group of verbs a file."""
