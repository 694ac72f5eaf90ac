"""The encoder as an ONNX graph: exported, quantised, or fine-tuned."""
