"""Training from scratch, with checkpoints: `python -m demo train`. Needs torch; uses a GPU if there is one.

The one rule: everything depends on the number of the step and never on the clock, so that a run can be repeated, or stopped
and continued with the same result. The learning rate stays up and then falls to nothing: `--steps` on a checkpoint that is
still high decides when it falls.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, multiprocessing, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from demo.export import weights_in
from demo.model import DemoModel
from demo.muon import Muon
from demo.packing import STEPS, Rows, shard
from demo.shape import Shape
from demo.tokenizer import Tokenizer

CHECKPOINT = "checkpoint.pt"
_AHEAD = 2
"""Shards made ahead of training, in a process of their own."""
_REPORT_EVERY, _SAVE_EVERY = 32, 32
_LATER_SHARDS = 1000
"""A run that starts from a model takes shards from here on, which no first run has seen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, and how the learning rate goes: up, level, and down to nothing over the last `falling` share."""

    steps: int
    practice_shards: int = 6
    warm_up: int = 40
    falling: float = 0.5
    peak: float = 3e-3
    seed: int = 0
    start: Path | None = None
    """An exported model to start from instead of random weights; its text goes on where that of a run of its own ends."""

    def learning_rate(self, step: int) -> float:
        left = (self.steps - step) / (self.steps * self.falling)
        return self.peak * min(1.0, (step + 1) / self.warm_up, left)

    def shard(self, number: int) -> int:
        return number if self.start is None else number + _LATER_SHARDS


@dataclass(frozen=True, slots=True)
class Learner:
    """The model with its optimizers: Muon for the matrices of the blocks, AdamW for embeddings and norms."""

    model: DemoModel
    optimizers: tuple[torch.optim.Optimizer, ...]

    @classmethod
    def new(cls, plan: Plan, device: torch.device) -> Learner:
        torch.manual_seed(plan.seed)
        tokenizer = Tokenizer.load()
        model = DemoModel(Shape(len(tokenizer.vocabulary)), *tokenizer.bases()).to(device)
        if plan.start is not None:
            model.load_state_dict({name: torch.from_numpy(one) for name, one in weights_in(plan.start).items()})
        named = list(model.named_parameters())
        matrices = [one for name, one in named if one.ndim == 2 and name.startswith("blk.")]
        others = [one for name, one in named if one.ndim != 2 or not name.startswith("blk.")]
        muon = Muon(matrices, lr=plan.peak, momentum=0.95, weight_decay=0.02, kind=_number_type(device))
        adam = torch.optim.AdamW(others, lr=plan.peak, betas=(0.9, 0.95), weight_decay=0.0)
        return cls(model, (muon, adam))

    def state(self) -> dict[str, Any]:
        return {"model": self.model.state_dict(), "optimizers": [one.state_dict() for one in self.optimizers]}

    def restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        for optimizer, stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)

    def step(self, learning_rate: float) -> None:
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)


@dataclass(frozen=True, slots=True)
class Team:
    """Processes of one thread each that share a batch and average their gradients.

    Threads inside one process wait for each other at every operation, processes only once a step: on two cores that other
    programs use as well, this is three times as fast.
    """

    rank: int
    size: int

    def own(self, rows: Rows) -> Rows:
        part = len(rows.tokens) // self.size
        return rows.part(self.rank * part, (self.rank + 1) * part)

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        if self.size == 1:
            return
        gradients = [one.grad for one in parameters if one.grad is not None]
        flat = torch.cat([one.flatten() for one in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))


def train(plan: Plan, folder: Path, *, workers: int, until: int | None = None) -> None:
    """Train to the plan's last step, or `until` a step; continues from the checkpoint in `folder` if there is one.

    `workers` processes share the work on a CPU (1, 2 or 4); a GPU takes one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    end = min(until or plan.steps, plan.steps)
    if torch.cuda.is_available() or workers == 1:
        _work(0, 1, plan, folder, end)
        return
    _meeting(folder).unlink(missing_ok=True)
    multiprocessing.spawn(_work, (workers, plan, folder, end), nprocs=workers)


def _meeting(folder: Path) -> Path:
    return folder.resolve() / "meeting"


def _work(rank: int, size: int, plan: Plan, folder: Path, end: int) -> None:
    """One worker's run, from the checkpoint to step `end`. The first worker reports and saves."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if size > 1:
        torch.set_num_threads(1)
        distributed.init_process_group("gloo", f"file://{_meeting(folder)}", rank=rank, world_size=size)
    team, learner = Team(rank, size), Learner.new(plan, device)
    checkpoint = folder / CHECKPOINT
    start = _restore(learner, checkpoint, device) if checkpoint.exists() else 0
    report = Report()
    for step, rows in _batches(plan, start, end):
        loss, right = _learn(learner, team.own(rows), device)
        team.average(learner.model.parameters())
        learner.step(plan.learning_rate(step))
        if rank == 0:
            report.add(step, loss, right, int((rows.conversation >= 0).sum()))
        if rank == 0 and ((step + 1) % _SAVE_EVERY == 0 or step + 1 == end):
            _save(learner, step + 1, checkpoint)


def _restore(learner: Learner, checkpoint: Path, device: torch.device) -> int:
    stored = torch.load(checkpoint, map_location=device, weights_only=True)
    learner.restore(stored)
    return int(stored["step"])


def _learn(learner: Learner, rows: Rows, device: torch.device) -> tuple[float, float]:
    """Gradients of one batch: loss, and share of trained tokens that are predicted right."""
    tokens, owner, positions = (
        torch.from_numpy(one).to(device).long() for one in (rows.tokens, rows.conversation, rows.position)
    )
    trained = torch.from_numpy(rows.trained).to(device)
    following = trained[:, 1:] & (owner[:, 1:] == owner[:, :-1])
    targets = tokens[:, 1:][following]
    kind = _number_type(device)
    with torch.autocast(device.type, kind, enabled=kind is torch.bfloat16):
        states = _forward(learner.model)(tokens, positions, _mask(owner, kind))
        logits = F.linear(states[:, :-1][following], learner.model.table().to(kind)).float()
    loss = F.cross_entropy(logits, targets)
    (loss + 1e-4 * logits.logsumexp(-1).pow(2).mean()).backward()
    return float(loss.detach()), float((logits.argmax(-1) == targets).float().mean())


def _number_type(device: torch.device) -> torch.dtype:
    """bfloat16, unless this processor only imitates it, at a sixth of the speed of float32."""
    if device.type != "cpu":
        return torch.bfloat16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("amx_bf16") or able.get("avx512_bf16") else torch.float32


def _mask(owner: Tensor, kind: torch.dtype) -> Tensor:
    """A token may look at earlier ones of its own conversation: 0 where it may, minus infinity where not."""
    length = owner.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=owner.device).tril()
    allowed = ((owner[:, :, None] == owner[:, None, :]) & causal)[:, None]
    return torch.zeros(allowed.shape, dtype=kind, device=owner.device).masked_fill_(~allowed, float("-inf"))


_compiled: dict[int, Any] = {}


def _forward(model: DemoModel) -> Any:
    if id(model) not in _compiled:
        _compiled[id(model)] = torch.compile(model, dynamic=False)
    return _compiled[id(model)]


def _batches(plan: Plan, start: int, end: int) -> Iterator[tuple[int, Rows]]:
    """Each step with its batch; the shards are made ahead in another process."""
    last = (end - 1) // STEPS
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        coming: dict[int, Future[list[Rows]]] = {}
        for number in range(start // STEPS, last + 1):
            for ahead in range(number, min(number + _AHEAD, last) + 1):
                if ahead not in coming:
                    number_of_text = plan.shard(ahead)
                    practising = number_of_text < plan.practice_shards
                    coming[ahead] = pool.submit(shard, number_of_text, practising=practising)
            for at, rows in enumerate(coming.pop(number).result()):
                step = number * STEPS + at
                if start <= step < end:
                    yield step, rows


def _save(learner: Learner, step: int, path: Path) -> None:
    """Atomically, so that a run that is killed leaves a whole checkpoint."""
    partial = path.with_suffix(".partial")
    torch.save({**learner.state(), "step": step, "shape": asdict(learner.model.shape)}, partial)
    partial.replace(path)


def read(folder: Path) -> tuple[Shape, dict[str, Any]]:
    """The checkpoint's shape, and its weights as numpy arrays by name."""
    stored = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    return Shape(**stored["shape"]), {name: one.float().numpy() for name, one in stored["model"].items()}


class Report:
    """Prints a line now and then."""

    def __init__(self) -> None:
        self._since, self._tokens = time.monotonic(), 0
        self._losses: list[float] = []
        self._right: list[float] = []

    def add(self, step: int, loss: float, right: float, tokens: int) -> None:
        self._tokens += tokens
        self._losses.append(loss)
        self._right.append(right)
        if (step + 1) % _REPORT_EVERY:
            return
        speed = self._tokens / (time.monotonic() - self._since)
        mean_loss, mean_right = (sum(one) / len(one) for one in (self._losses, self._right))
        print(f"step {step + 1}  loss {mean_loss:.4f}  right {mean_right:.4f}  {speed:.0f} tokens/s", flush=True)
        self._losses.clear()
        self._right.clear()
        self._since, self._tokens = time.monotonic(), 0
