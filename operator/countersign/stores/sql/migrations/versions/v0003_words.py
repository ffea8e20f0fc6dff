"""The words of all entries, in place of a text of them in each row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table, and fill it from what the entries are found by."""
    word = sa.Column("word", sa.String(64), nullable=False, unique=True)
    op.create_table("countersign_word", sa.Column("number", _NUMBER, primary_key=True), word)
    if op.get_bind().dialect.name == "postgresql":
        _in_postgresql()
    else:
        _in_sqlite()


def _in_postgresql() -> None:
    op.execute(
        "INSERT INTO countersign_word (word) "
        "SELECT DISTINCT word FROM countersign_knowledge, "
        "unnest(string_to_array(vocabulary, ' ')) AS word "
        "WHERE length(word) BETWEEN 4 AND 64 AND word ~ '^[[:alpha:]]+$'"
    )
    op.drop_column("countersign_knowledge", "vocabulary")  # And its index.
    # Entries are few and searches are not: no list of news that each search would have to read.
    op.execute("ALTER INDEX countersign_knowledge_terms SET (fastupdate = off)")
    trigrams = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    if op.get_bind().execute(trigrams).first() is not None:
        op.create_index(
            "countersign_word_trigrams",
            "countersign_word",
            ["word"],
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        )


def _in_sqlite() -> None:
    op.execute("CREATE VIRTUAL TABLE countersign_word_text USING fts5(word, tokenize = 'trigram')")
    connection = op.get_bind()
    texts = sa.text("SELECT title || tags || content FROM countersign_knowledge_text")
    words = {
        each
        for (text,) in connection.execute(texts)
        for each in text.split("|")
        if len(each) >= 4 and each.isalpha()  # noqa: PLR2004 - as in words.py
    }
    for number, each in enumerate(sorted(words), start=1):
        row = {"number": number, "word": each}
        for name, key in (("countersign_word", "number"), ("countersign_word_text", "rowid")):
            statement = sa.text(f"INSERT INTO {name} ({key}, word) VALUES (:number, :word)")  # noqa: S608
            connection.execute(statement, row)
