"""Finding and answering: texts, vectors, articles, passages, answers.

Knows texts, not tickets. Used by `serving` to answer and by `training` to learn when an answer fits.
"""
