"""Lists and reports as CSV, for a spreadsheet."""
