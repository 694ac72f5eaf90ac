"""The sentence encoder: texts to vectors, on ONNX Runtime."""
