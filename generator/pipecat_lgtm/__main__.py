"""`python -m pipecat_lgtm` is the command line."""

from pipecat_lgtm.cli import main

main()
