"""Asking a trained model: the predictor process and its client."""
