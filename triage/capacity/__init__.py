"""How many agents a desk needs: demand, queues, shifts, hiring and costs."""
