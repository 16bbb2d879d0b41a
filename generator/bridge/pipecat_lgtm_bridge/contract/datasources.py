"""Uids of Grafana's datasources; links between datasources and links in alerts name them."""

PROMETHEUS = "pipecat-prometheus"
TEMPO = "pipecat-tempo"
LOKI = "pipecat-loki"
ALERTMANAGER = "pipecat-alertmanager"
