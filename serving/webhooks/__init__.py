"""Telling endpoints of events: subscriptions, signatures, attempts by a schedule that is published."""
