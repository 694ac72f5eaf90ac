"""The domain of a support desk, and running the classifiers.

Tickets and their flow, SLA deadlines, routing, escalation; the model bundle on disk and its heads.
Knows nothing of HTTP, databases or training. The layers above: `retrieval`, then `serving` and `training`.
"""
