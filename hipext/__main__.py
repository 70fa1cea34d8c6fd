"""Run the command line: ``hipext``, or ``python -m hipext``."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it with one word, however early it comes."""
    try:
        from hipext.cli import main as run  # takes most of the time to start

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
