"""How many agents the desk needs: demand from its tickets, the report, over HTTP and as CSV."""
