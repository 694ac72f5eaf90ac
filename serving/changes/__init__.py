"""Records of changes to what the desk decides by: articles, golden questions and policies."""
