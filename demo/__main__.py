"""`python -m demo`: make the demo model, step by step. `make demo-model` runs all of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

STEPS = 2400
"""20 million tokens: some 50 minutes on two cores that have nothing else to do."""
WORK = Path("build/demo")
SHIPPED = Path(__file__).parents[1] / "src/unsloth_studio/demo_model"
MODEL = "tiny-demo-model.gguf"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("tokenizer", help="learn the tokenizer, and check that every piece is used")
    training = steps.add_parser("train", help="train, or go on from the last checkpoint (needs torch)")
    training.add_argument("--steps", type=int, default=STEPS)
    training.add_argument(
        "--falling", type=float, default=0.5, help="share of the steps in which the learning rate falls"
    )
    training.add_argument("--until", type=int, help="stop at this step, for a try")
    training.add_argument("--workers", type=int, default=2, help="processes that share the work on a CPU: 1, 2 or 4")
    training.add_argument("--start", type=Path, help="an exported model to start from, instead of from nothing")
    exporting = steps.add_parser("export", help="write the checkpoint as GGUF (needs torch)")
    exporting.add_argument("--to", type=Path, default=SHIPPED / MODEL)
    for one in (training, exporting):
        one.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoint")
    evaluating = steps.add_parser("evaluate", help="ask the model through `unsloth run`, and print its scores")
    evaluating.add_argument("--model", type=Path, help="default: the built-in one")
    evaluating.add_argument("--write", type=Path, help="folder for evaluation.json and evaluation.md")
    evaluating.add_argument("--scale", type=float, default=1.0, help="0.1 asks a tenth of the questions")
    evaluating.add_argument("--show", type=int, default=0, help="print so many wrong answers of each measure")
    speed = steps.add_parser("speed", help="measure loading and writing on one core")
    speed.add_argument("--model", type=Path, default=SHIPPED / MODEL)
    options = parser.parse_args()
    work = {"tokenizer": _tokenizer, "train": _train, "export": _export, "evaluate": _evaluate, "speed": _speed}
    work[options.step](options)


def _tokenizer(_: argparse.Namespace) -> None:
    from demo.vocabulary import learn, rarely_used

    made = learn()
    made.save()
    print(f"{len(made.vocabulary)} tokens")
    rare = rarely_used(made)
    print(f"pieces that training hardly ever writes: {rare or 'none'}")
    if len(rare) > 3:  # a half of one longer piece may slip through
        raise SystemExit(1)


def _train(options: argparse.Namespace) -> None:
    from demo.train import Plan, train

    plan = Plan(options.steps, falling=options.falling, start=options.start)
    train(plan, options.work, workers=options.workers, until=options.until)


def _export(options: argparse.Namespace) -> None:
    from demo.export import export
    from demo.train import read

    export(*read(options.work), options.to)
    print(f"{options.to}: {options.to.stat().st_size / 1e6:.2f} MB")


def _evaluate(options: argparse.Namespace) -> None:
    from demo.evaluation.run import evaluate
    from demo.evaluation.table import as_json, markdown

    table = evaluate(options.model, scale=options.scale, show=options.show)
    print(markdown(table))
    if options.write:
        text = json.dumps(as_json(table), indent=2) + "\n"
        (options.write / "evaluation.json").write_text(text, encoding="utf-8")
        (options.write / "evaluation.md").write_text(markdown(table), encoding="utf-8")


def _speed(options: argparse.Namespace) -> None:
    from demo.evaluation.speed import measure

    found = measure(options.model)
    print(f"loads in {found.load_seconds:.3f} s, writes {found.tokens_per_second:.0f} tokens/s on one core")


if __name__ == "__main__":
    main()
