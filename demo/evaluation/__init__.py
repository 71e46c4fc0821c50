"""How well the demo model does, measured through `unsloth run` and the OpenAI SDK on words it has never seen."""
