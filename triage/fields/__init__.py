"""Fields of a ticket's text: order numbers, versions, error codes, products, dates, amounts."""
