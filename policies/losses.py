"""Losses beside those that RLlib brings."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def each_loss(logits: Tensor, positives: Tensor) -> Tensor:
    """
    Cross-entropy of each right action against all the wrong ones, averaged over a sample's right actions: [B].

    Several bugs in one program are then learnt from at once, where ``imitation_loss`` is content with the one that is
    easiest. Arguments as there.
    """
    lowest = torch.finfo(logits.dtype).min
    wrong = torch.logsumexp(logits.masked_fill(positives, lowest), 1, keepdim=True)
    against = functional.softplus(wrong - logits).masked_fill(~positives, 0)
    return against.sum(1) / positives.sum(1).clamp(min=1)


def imitation_loss(logits: Tensor, positives: Tensor) -> Tensor:
    """
    Minus the log of the probability that the policy gives to *any* right action, per sample: [B].

    A bug often has several repairs; that the policy prefers one of them is nobody's mistake (the multi-label form of
    cross-entropy; with one positive per row it is cross-entropy).

    Args:
        logits: [B, A], very small where an action is masked.
        positives: [B, A] bool; a row without any gives 0, so that it teaches nothing.
    """
    lowest = torch.finfo(logits.dtype).min
    right = torch.logsumexp(logits.masked_fill(~positives, lowest), 1)
    loss = torch.logsumexp(logits, 1) - right
    return torch.where(positives.any(1), loss, torch.zeros_like(loss))
