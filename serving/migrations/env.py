"""What Alembic runs: the migrations, on the connection that `serving.schema` hands over."""

from alembic import context

from serving.job_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
