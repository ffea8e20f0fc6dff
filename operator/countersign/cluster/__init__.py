"""The API server as the workflow's ports: targets, the operator's desk, its own few objects."""
