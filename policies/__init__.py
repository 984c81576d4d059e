"""Tokenizers, encoder, RLModule, losses and scripted baselines."""
