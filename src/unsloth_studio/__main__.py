"""The `unsloth` command, also as `python -m unsloth_studio`: all of it behind one `try`, since Ctrl-C can come while it is
imported."""

import sys


def main() -> None:
    """The console script."""
    try:
        from unsloth_studio.cli.main import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
