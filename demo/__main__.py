"""`python -m demo`: make the demo model, step by step. `make demo-model` runs all of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from demo.vocabulary import learn, rarely_used

WORK = Path("build/demo")
STEPS = 2560


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("tokenizer", help="learn the tokenizer and check that every piece is used")
    training = steps.add_parser("train", help="train, or go on from the last checkpoint")
    training.add_argument("--steps", type=int, default=STEPS)
    training.add_argument("--until", type=int, help="stop at this step, for a try")
    training.add_argument("--work", type=Path, default=WORK)
    training.add_argument("--threads", type=int, help="default: what torch chooses")
    options = parser.parse_args()
    if options.step == "tokenizer":
        tokenizer()
    else:
        train(options)


def tokenizer() -> None:
    made = learn()
    made.save()
    print(f"{len(made.vocabulary)} tokens")
    if rare := rarely_used(made, conversations=20_000, least=6):
        raise SystemExit(f"{len(rare)} pieces are hardly ever used: {rare}")


def train(options: argparse.Namespace) -> None:
    import torch

    from demo.train import Plan
    from demo.train import train as run

    if options.threads:
        torch.set_num_threads(options.threads)
    run(Plan(options.steps), options.work, until=options.until)


if __name__ == "__main__":
    main()
