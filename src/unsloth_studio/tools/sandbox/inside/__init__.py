"""What runs inside the sandbox before and around the model's code. Mounted read-only there; standard library only."""
