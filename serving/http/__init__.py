"""What every HTTP route shares: authentication, body limits, problems, idempotency, health."""
