"""One row per alert: how a service that is well behaves, how one that is not, and what the reader is told then."""

import cases_calls
import cases_low_traffic
import cases_quality
import cases_stack
from case import Case

CASES: dict[str, Case] = cases_calls.CASES | cases_low_traffic.CASES | cases_quality.CASES | cases_stack.CASES
"""A service "bad" is judged, while one at its bound ("well"), one near it and one with too few turns stay silent."""
