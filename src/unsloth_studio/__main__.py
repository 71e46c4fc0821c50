"""`python -m unsloth_studio` is `unsloth`."""

from unsloth_studio.cli.main import main

main()
