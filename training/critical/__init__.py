"""The critical head: learnt from packaged texts, so that a question that reports an emergency is handed off."""
