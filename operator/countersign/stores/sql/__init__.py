"""Knowledge in a database: an SQLite file or PostgreSQL. Needs the extra ``sql``."""
