"""Knowledge-base articles: reading, sanitising, and splitting them into passages."""
