"""`python -m pipecat_lgtm_bridge`: prints the file for PIPECAT_SETUP_FILES where the command line is not installed."""

import sys

from pipecat_lgtm_bridge import path

sys.stdout.write(f"{path()}\n")
