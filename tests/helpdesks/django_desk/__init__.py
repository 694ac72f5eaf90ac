"""A real django-helpdesk: the smallest site that runs it."""
