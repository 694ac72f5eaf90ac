"""What Alembic runs: the migrations, on the connection that `serving.storage.schema` hands over."""

from alembic import context

import serving.storage.job_tables
import serving.storage.model_tables  # noqa: F401 (and these)
from serving.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
