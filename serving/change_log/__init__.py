"""The change log: who changed articles, policies, keys and models, when and why, with a diff and a way back."""
