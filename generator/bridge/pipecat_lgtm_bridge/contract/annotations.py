"""Annotations that every alert carries."""

SUMMARY = "summary"
DESCRIPTION = "description"
TRACE_ID = "trace_id"
TRACE_URL = "trace_url"
AFFECTED_CONVERSATIONS = "affected_conversations"
TREND = "trend"
RUNBOOK_URL = "runbook_url"
DASHBOARD_URL = "dashboard_url"

TEXTS = {
    SUMMARY: "Summary",
    DESCRIPTION: "Description",
    AFFECTED_CONVERSATIONS: "Affected conversations",
    TREND: "Trend",
    TRACE_ID: "Trace id",
}
LINKS = {TRACE_URL: "Trace", RUNBOOK_URL: "Runbook", DASHBOARD_URL: "Dashboard"}
ANNOTATIONS = (*TEXTS, *LINKS)
"""All of them, in reading order; each with what people see it called."""
