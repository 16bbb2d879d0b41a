"""An OpenTelemetry Collector and Grafana stack distribution for Pipecat voice agents."""
