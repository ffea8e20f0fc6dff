"""How well and how fast the knowledge base is searched: ``make bench-search``."""
