"""`/reports` of the console: the reports for whoever leads the desk."""
