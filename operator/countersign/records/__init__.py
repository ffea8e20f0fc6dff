"""What is remembered of a request: its timeline, its Events, its knowledge entry. All pure."""
