"""How the shipped demo model is made: text, tokenizer, training, export, evaluation (`python -m demo --help`)."""
