"""Into what somebody already runs: their Prometheus."""
