"""Run the command line: ``python -m hipext``."""

from hipext.cli import main

main()
