"""
The repair network: reads a function with what its executions showed, scores every candidate edit and values the state.

Candidate head, factorised: the first layer of the scoring MLP is applied once per token and once per episode, and each
candidate only gathers and adds (start token, end token, the token it refers to, its kind, its text, the context), so
that thousands of candidates cost little. A product of slot and replacement joins in, because whether a name fits a
slot is a question about the pair (pointer networks, Vasic et al., ICLR 2019).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.observation import CANDIDATE_EVIDENCE, EVIDENCE, FIRST_EDIT, MAX_KINDS, NODE_TYPES, STATE
from core.records import CATEGORIES
from policies.config import ModelConfig
from policies.encoder import pretrained_encoder, small_encoder
from policies.layout import Layout, lay_out

EMBEDDING_STD = 0.1  # learns faster than 1 (docs/log.md)
MASKED = torch.finfo(torch.float32).min
# Fewer functions than this don't get a bucket of their own: a kernel launch costs more than their padding.
SMALLEST_BUCKET = {"cpu": 4, "cuda": 48}


class RepairNetwork(nn.Module):
    """Maps a batch of observations (``core.observation``) to (logits [B, A], value [B])."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = pretrained_encoder(config.encoder) if config.encoder else small_encoder(config)
        self.relational = config.encoder is None and config.relation_rank > 0
        width = int(self.encoder.config.hidden_size)
        if config.encoder:
            # A tensor, not a parameter of its own: the encoder's table is shared and fine-tuned with it.
            self.text = self.encoder.get_input_embeddings()
        else:
            self.text = nn.Embedding(config.vocab_size, width, padding_idx=0)
            _normal(self.text.weight)
            self.encoder.set_input_embeddings(nn.Embedding(1, 1))  # it is fed embeddings only
        self.node = nn.Embedding(NODE_TYPES, width)
        _normal(self.node.weight)
        self.evidence = nn.Linear(len(EVIDENCE), width)
        self.context = Context(width)
        self.candidates = CandidateHead(width)
        self.episode_actions = nn.Linear(width, FIRST_EDIT)
        self.value = nn.Linear(width, 1)
        nn.init.zeros_(self.value.weight)

    def forward(self, obs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Logits are ``MASKED`` where the mask or padding forbids the action."""
        mask = obs["action_mask"]
        layout = lay_out(
            obs["lengths"],
            min(obs["tokens"].shape[1], self.config.max_sequence_length),
            mask.shape[1] - FIRST_EDIT,
            SMALLEST_BUCKET.get(mask.device.type, 4),
            mask.device,
        )
        evidence = obs["evidence"][layout.rows, layout.cols]
        hidden = self._encode(self._embed(obs, layout, evidence), obs["relations"], layout)
        context = self.context(hidden, obs["state"], obs["category"], layout)
        scores = self.candidates(hidden, evidence, context, self.text, obs, layout)
        logits = torch.full(mask.shape, MASKED, device=mask.device)
        logits[:, :FIRST_EDIT] = self.episode_actions(context).float()
        logits = logits.index_put((layout.candidate_rows, layout.candidate_cols + FIRST_EDIT), scores)
        # An untrained value's errors would bend what the policy reads, and it learns from few episodes.
        value = self.value(context.detach()).float().squeeze(-1)
        return logits.masked_fill(mask == 0, MASKED), value

    def _embed(self, obs: Mapping[str, Tensor], layout: Layout, evidence: Tensor) -> Tensor:
        """What each token is, where it stands in the tree, and what executions showed of it: [N, H]."""
        ids = obs["tokens"][layout.rows, layout.cols].long()
        node = obs["node"][layout.rows, layout.cols].long()
        embedded: Tensor = pooled(self.text, ids) + self.node(node) + self.evidence(evidence)
        return embedded

    def _encode(self, embedded: Tensor, relations: Tensor, layout: Layout) -> Tensor:
        """[N, H] to [N, H], bucket by bucket."""
        pointers = relations[layout.rows, layout.cols].long() if self.relational else None
        encoded = []
        for bucket in layout.buckets:
            b, t = bucket.index.shape
            flat = bucket.index.view(-1)
            extra = {} if pointers is None else {"pointers": pointers.index_select(0, flat).view(b, t, -1)}
            output = self.encoder(
                inputs_embeds=embedded.index_select(0, flat).view(b, t, -1),
                attention_mask=None if bucket.full else bucket.keep,
                **extra,
            )
            states = output.last_hidden_state.reshape(b * t, -1)
            encoded.append(states if bucket.full else states.index_select(0, bucket.packed))
        return torch.cat(encoded).float()


class Context(nn.Module):
    """The whole function and the episode's state in one vector: [B, H]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.category = nn.Embedding(len(CATEGORIES), width)
        _normal(self.category.weight)
        self.state = nn.Linear(len(STATE), width)
        self.tokens = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, hidden: Tensor, state: Tensor, category: Tensor, layout: Layout) -> Tensor:
        """Tokens [N, H], state [B, G] and category [B, 1] to [B, H]."""
        total = hidden.new_zeros(len(layout.counts), hidden.shape[1]).index_add(0, layout.rows, hidden)
        mean = total / layout.counts.unsqueeze(1)
        joined = self.tokens(mean) + self.state(state) + self.category(category.view(-1).long())
        context: Tensor = functional.gelu(self.out(functional.gelu(joined)))
        return context


class CandidateHead(nn.Module):
    """Scores the packed candidates: [M]."""

    PAIR = 32  # channels of the product of slot and replacement

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.kind = nn.Embedding(MAX_KINDS, width, padding_idx=0)
        _normal(self.kind.weight)
        # Per token: parts of the first layer as a start, an end and a reference; the first and the last are followed by
        # their sides of the product.
        self.token = nn.Linear(width + len(EVIDENCE), 3 * width + 2 * self.PAIR)
        self.put_in = nn.Linear(width, width + self.PAIR, bias=False)
        self.shown = nn.Linear(len(CANDIDATE_EVIDENCE), width)
        self.context = nn.Linear(width, width)
        self.no_reference = nn.Parameter(torch.zeros(width + self.PAIR))
        self.out = nn.Linear(width, 1)

    def forward(
        self,
        hidden: Tensor,
        evidence: Tensor,
        context: Tensor,
        text: nn.Embedding,
        obs: Mapping[str, Tensor],
        layout: Layout,
    ) -> Tensor:
        """Tokens [N, H] and [N, E], context [B, H] and the candidates' arrays to scores [M]."""
        rows, cols = layout.candidate_rows, layout.candidate_cols
        base = layout.offsets[rows]
        at = base + obs["cand_start"][rows, cols]
        until = base + obs["cand_end"][rows, cols]
        refers = obs["cand_ref"][rows, cols].long()
        refers = torch.where(refers < 0, len(hidden), base + refers)
        kinds = obs["cand_kind"][rows, cols].long()
        texts, text_of = distinct(obs["cand_tokens"][rows, cols], text.num_embeddings)
        start, start_pair, end, reference = self._by_token(hidden, evidence)
        put_in = self.put_in(pooled(text, texts))
        first = gathered(
            (start, at),
            (end, until),
            (reference[:, : self.width], refers),
            (put_in[:, : self.width], text_of),
            (self.kind.weight, kinds),
            (self.context(context), rows),
        )
        first = first + self.shown(obs["cand_evidence"][rows, cols])
        fill = gathered((reference[:, self.width :], refers), (put_in[:, self.width :], text_of))
        pair = (start_pair.index_select(0, at) * fill).sum(1)
        scores: Tensor = self.out(functional.gelu(first)).squeeze(-1).float() + pair.float()
        return scores

    def _by_token(self, hidden: Tensor, evidence: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What each token says as a start (twice), an end and a reference; behind the last, what none says."""
        sizes = [self.width, self.PAIR, self.width, self.width + self.PAIR]
        start, start_pair, end, reference = self.token(torch.cat([hidden, evidence], 1)).split(sizes, 1)
        reference = torch.cat([reference, self.no_reference.unsqueeze(0).to(reference.dtype)])
        return start, start_pair, end, reference


def gathered(*parts: tuple[Tensor, Tensor]) -> Tensor:
    """
    The sum of ``table[index]`` over pairs of a table [K, W] and an index [M]: [M, W].

    On a CPU the rows are added up as they are read: to write down those of each table takes longer than all the sums.
    """
    if parts[0][0].device.type != "cpu":
        rows = [table.index_select(0, index) for table, index in parts]
        return functools.reduce(torch.add, rows)
    shifted, begin = [], 0
    for table, index in parts:
        shifted.append(index + begin)
        begin += len(table)
    tables = torch.cat([table for table, _ in parts])
    return functional.embedding_bag(torch.stack(shifted, 1), tables, mode="sum")


def distinct(ids: Tensor, bound: int) -> tuple[Tensor, Tensor]:
    """
    The different rows of ``ids`` [M, S], all below ``bound``, and which of them each row is: [U, S] and [M].

    Candidates put the same few texts in at many places. On a GPU the rows stay as they are: there it costs less to
    work on all of them than to wait for how many differ.
    """
    if ids.device.type != "cpu" or not len(ids):
        return ids.long(), torch.arange(len(ids), device=ids.device)
    key, size = ids[:, 0].long(), bound
    for column in ids[:, 1:].long().unbind(1):
        if size * bound > torch.iinfo(torch.int64).max:
            key, size = torch.unique(key, return_inverse=True)[1], len(ids)
        key, size = key * bound + column, size * bound
    found, which = torch.unique(key, return_inverse=True)
    one_of = torch.empty(len(found), dtype=torch.long)
    one_of[which] = torch.arange(len(which))
    return ids[one_of].long(), which


def pooled(table: nn.Embedding, ids: Tensor) -> Tensor:
    """Mean embedding of the sub-tokens ``ids`` [N, S] (0 pads): [N, H], zero where there are none."""
    return functional.embedding_bag(ids, table.weight, mode="mean", padding_idx=0)


def _normal(weight: Tensor) -> None:
    nn.init.normal_(weight, std=EMBEDDING_STD)
    with torch.no_grad():
        weight[0].zero_()
