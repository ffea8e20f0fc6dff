"""What Alembic runs: on the connection that it is given, within its transaction."""

from alembic import context

from countersign.stores.sql.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
context.run_migrations()
