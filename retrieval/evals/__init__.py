"""Golden questions: what an editor expects of the answers, and whether it comes."""
