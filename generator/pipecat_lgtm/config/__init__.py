"""The typed config: `load` reads a stack.yaml over the shipped one and returns a frozen `Config`."""

from pipecat_lgtm.config.load import Loaded, load, load_default
from pipecat_lgtm.config.model import Config

__all__ = ["Config", "Loaded", "load", "load_default"]
