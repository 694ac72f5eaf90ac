"""The article index: search by meaning (FAISS) and by words (BM25), on disk and in memory."""
