"""Every span attribute, event, metric and label name, once.

Nothing here computes; every other package takes its names from these modules. GenAI names follow the
OpenTelemetry GenAI semantic conventions as Pipecat 1.14 writes them.
"""
