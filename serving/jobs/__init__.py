"""The job queue, its workers, periodic work, and the outbox of events."""
