"""Alembic's entry point. ``storage.migrate`` gives the connection; there is no command-line use."""

from alembic import context

from receipted.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
