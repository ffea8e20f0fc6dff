"""What the commands do, one group a file; apart from ``commands``, because it is slow to import."""
