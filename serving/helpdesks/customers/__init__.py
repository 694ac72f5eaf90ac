"""Who a customer is: from a helpdesk's fields and tags, and from a CSV file of accounts."""
