"""python -m qsgis."""

from qsgis.cli import main

main()
