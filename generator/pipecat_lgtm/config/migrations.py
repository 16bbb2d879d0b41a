"""What has changed in stack.yaml between versions: keys that are gone, and values that were shipped once."""

from pipecat_lgtm.config.source import KeyPath

REPLACED: dict[KeyPath, str] = {
    ("collector", "queue_requests"): "is now `queue_size`, in bytes, such as 2 GiB; remove this one",
    ("collector", "queue_batch"): "is not needed any more: batches are bounded in bytes; remove it",
    ("routing", "group_wait"): "is now given per severity, `routing.severities`; remove this one",
    ("routing", "group_interval"): "is now given per severity, `routing.severities`; remove this one",
    ("routing", "repeat_interval"): "is now `acknowledge` per severity, `routing.severities`; remove this one",
}
"""Keys of earlier versions, with what has taken their place."""

FORMER: dict[KeyPath, tuple[object, ...]] = {
    ("alerts", "links", "grafana"): ("http://127.0.0.1:3000",),
    ("cardinality", "breaches_per_service"): (50,),
}
"""Values that earlier versions shipped, as written; who has one of them has most likely copied it."""
