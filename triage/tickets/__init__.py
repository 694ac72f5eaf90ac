"""The ticket: its changes, its escalation, and its form as training data once closed."""
