"""SQLite and PostgreSQL behind one interface: schema, migrations, locks, and idempotency receipts."""
