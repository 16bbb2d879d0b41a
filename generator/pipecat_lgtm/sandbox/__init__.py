"""A provider with known delays and faults, and a real Pipecat bot on it.

The provider speaks OpenAI's HTTP API; what it injects is the truth that measured numbers are held against.
"""
