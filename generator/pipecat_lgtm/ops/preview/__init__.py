"""Every panel's queries run against the stores without Grafana, and what came back; nothing is drawn."""
