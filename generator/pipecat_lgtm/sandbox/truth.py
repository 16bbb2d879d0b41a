"""What the provider injected and answered: prometheus-client for the scrape, plain numbers for tests and the demo."""

from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram


@dataclass
class Truth:
    """The ground truth of one provider process."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        """Register the metrics."""
        own, whose = self.registry, ["stage", "scenario"]
        self._requests = Counter("sandbox_requests", "Requests that got an answer.", whose, registry=own)
        self._delays = Histogram("sandbox_injected_delay_seconds", "Delay before the first byte.", whose, registry=own)
        self._faults = Counter("sandbox_injected_faults", "Requests that met a fault.", [*whose, "fault"], registry=own)
        self._rejected = Counter(
            "sandbox_rejected_requests", "Requests that were no valid API calls.", ["reason"], registry=own
        )
        self._tokens = Counter("sandbox_tokens", "Tokens stated in `usage`.", ["type"], registry=own)
        self._characters = Counter("sandbox_tts_characters", "Characters synthesised.", registry=own)

    def answered(self, stage: str, scenario: str, delay: float) -> None:
        """Note a request answered after a delay in seconds."""
        self._requests.labels(stage, scenario).inc()
        self._delays.labels(stage, scenario).observe(delay)

    def failed(self, stage: str, scenario: str, fault: str) -> None:
        """Note an injected fault; a slow stream is an answer too."""
        self._faults.labels(stage, scenario, fault).inc()

    def rejected(self, reason: str) -> None:
        """Note a request that a real provider would refuse."""
        self._rejected.labels(reason).inc()

    def spent(self, usage: dict[str, int]) -> None:
        """Note tokens by type."""
        for kind, count in usage.items():
            self._tokens.labels(kind).inc(count)

    def spoke(self, characters: int) -> None:
        """Note synthesised characters."""
        self._characters.inc(characters)

    def as_dict(self) -> dict[str, Any]:
        """Return {sample name with labels: value}."""
        found: dict[str, Any] = {}
        for metric in self.registry.collect():
            for sample in metric.samples:
                if sample.name.endswith(("_created", "_bucket")):
                    continue
                labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
        return found
