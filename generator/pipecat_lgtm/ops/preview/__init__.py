"""Dashboards without Grafana: every panel's queries run against the stores, drawn on one self-contained page."""
