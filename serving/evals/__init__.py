"""Golden questions: asked again whenever articles or the model change."""
