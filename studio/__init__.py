"""A point-and-click studio that fine-tunes BERT and ResNet on the machine you have."""

__version__ = "0.1.0"
