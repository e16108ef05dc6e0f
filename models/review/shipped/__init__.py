"""The ONNX model that comes with Redpeak: a stand-in weighted by hand, trained on nothing."""
