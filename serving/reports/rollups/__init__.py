"""Days that are counted once and kept in the database, and counted again where a fact of them changes."""
