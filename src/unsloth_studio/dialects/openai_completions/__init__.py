"""OpenAI Completions: raw prompts."""
