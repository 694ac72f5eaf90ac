"""Follow what people do to tickets at a helpdesk: which are to be read, and what follows from their threads."""
