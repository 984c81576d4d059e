import math

import pytest
import torch

from policies.losses import each_loss, imitation_loss
from policies.network import MASKED


def test_one_positive_is_cross_entropy():
    logits = torch.randn(5, 9)
    target = torch.tensor([0, 3, 8, 2, 2])
    positives = torch.nn.functional.one_hot(target, 9).bool()
    expected = torch.nn.functional.cross_entropy(logits, target, reduction="none")
    torch.testing.assert_close(imitation_loss(logits, positives), expected)


def test_any_of_several_is_right():
    logits = torch.zeros(1, 8)
    positives = torch.tensor([[True] * 4 + [False] * 4])
    assert imitation_loss(logits, positives).item() == pytest.approx(math.log(2))


def test_masked_actions_take_no_part_and_rows_without_a_label_teach_nothing():
    logits = torch.tensor([[0.0, 0.0, MASKED], [1.0, 2.0, MASKED]], requires_grad=True)
    positives = torch.tensor([[True, False, False], [False, False, False]])
    loss = imitation_loss(logits, positives)
    assert loss.tolist() == pytest.approx([math.log(2), 0.0])
    loss.sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert not logits.grad[1].any()


def test_with_one_positive_both_losses_are_equal():
    logits = torch.randn(4, 7)
    positives = torch.nn.functional.one_hot(torch.tensor([1, 0, 6, 3]), 7).bool()
    torch.testing.assert_close(each_loss(logits, positives), imitation_loss(logits, positives))


def test_each_right_action_has_to_beat_the_wrong_ones_by_itself():
    logits = torch.tensor([[9.0, -9.0, 0.0, 0.0]])
    positives = torch.tensor([[True, True, False, False]])
    assert imitation_loss(logits, positives).item() < 0.01
    assert each_loss(logits, positives).item() == pytest.approx((9 + math.log(2)) / 2, abs=0.01)


def test_rows_without_a_label_teach_nothing_by_either_loss():
    logits = torch.tensor([[1.0, 2.0, MASKED]], requires_grad=True)
    loss = each_loss(logits, torch.zeros(1, 3, dtype=torch.bool))
    assert loss.tolist() == [0.0]
    loss.sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
