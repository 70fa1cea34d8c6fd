"""Run the command line: ``hipext``, or ``python -m hipext``."""

import gc
import sys

# A command is soon over: looking for garbage seldom saves a tenth of its time.
_ALLOCATIONS_BETWEEN_LOOKS = 200_000


def main() -> None:
    """Run the command line; Ctrl-C ends it with one word, however early it comes."""
    gc.set_threshold(_ALLOCATIONS_BETWEEN_LOOKS)
    try:
        from hipext.cli.commands import main as run  # takes most of the time to start

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    finally:
        gc.freeze()  # or Python looks through everything once more as it ends


if __name__ == "__main__":
    main()
