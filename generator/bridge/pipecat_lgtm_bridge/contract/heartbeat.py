"""What `pipecat-lgtm heartbeat` shows of itself at its own /metrics, and the verdicts of its calls."""

OK = "ok"
UNREACHABLE = "unreachable"
REFUSED = "refused"
DROPPED = "dropped"
SILENT = "silent"
SLOW = "slow"
WRONG_WORDS = "wrong_words"
WRONG_OUTCOME = "wrong_outcome"
VERDICTS = {
    OK: "the call went as the scenario says",
    UNREACHABLE: "nobody took the call",
    REFUSED: "the bot, or what guards it, said no",
    DROPPED: "the bot hung up before it had said all",
    SILENT: "the caller spoke and heard nothing",
    SLOW: "the caller waited longer than `quality.heartbeat.slow` for the first audible word",
    WRONG_WORDS: "the bot understood other words than were said, more than `quality.heartbeat.wrong_words` of them",
    WRONG_OUTCOME: "heard, in time, and not what the scenario expects",
}
"""What each verdict says, in the order in which they are looked for."""

CALLS = "pipecat_heartbeat_calls_total"
UP = "pipecat_heartbeat_up"
LAST_CALL = "pipecat_heartbeat_last_call_timestamp_seconds"
LIVE = "pipecat_heartbeat_live_calls"
SKIPPED = "pipecat_heartbeat_skipped_total"
COST = "pipecat_heartbeat_cost_dollars_total"
CONNECT = "pipecat_heartbeat_connect_seconds"
FIRST_WORD = "pipecat_heartbeat_first_word_seconds"
GAP = "pipecat_heartbeat_gap_seconds"
WORDS = "pipecat_heartbeat_words_total"
TARGETS = "pipecat_heartbeat_targets"

TARGET, VERDICT, REASON, KIND = "target", "verdict", "reason", "kind"
"""Labels."""
JOB = "heartbeat"
"""Of the scrape."""
SCOPE = "pipecat_lgtm.heartbeat"
"""Instrumentation scope of the spans and events of a synthetic call, as its caller states them."""
