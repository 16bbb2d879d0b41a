"""The house style over grafanalib: what every panel has, and cures for what grafanalib lacks or writes wrong.

grafanalib 0.7.1 writes schemaVersion 12, the text 'null' for a base threshold, Graphite and Influx keys into every
target and the options of Grafana 6 into bar gauges and tables; it knows no exemplar flag, no Tempo target, no instant
Loki target, no trace panel. Each cure is a small function of its own; `sheet.finished` returns plain data.
"""
