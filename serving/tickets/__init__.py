"""The ticket desk: opening, changing and listing tickets, and their deadlines."""
