"""docker-compose.yml: the stack in containers, with nothing but `docker compose up`.

Two facts shape it. The Collector, Tempo and Loki images have no shell: health is asked with `loki -health`, a static
program that asks any address, which the `init` service puts from Loki's image into a volume (Docker fills an empty
volume from the image's folder). And a fresh volume belongs to root unless the image has its folder: one `init-*` each
mounts the volume over `/prometheus`, which Prometheus' image gives to nobody, as whom everything but Grafana runs.

The guard and the stores share the network of one container that does nothing, `pod`. There the stores listen on
loopback, so that nobody reaches them but through the guard: a browser on a Linux host reaches the address of every
container. Were it the guard's own network, a guard that ends would leave the stores in one that is gone.
"""

from typing import Any

from pipecat_lgtm.config import Config
from pipecat_lgtm.renderers import flags, guard, heartbeat, logins, resources
from pipecat_lgtm.renderers.alertmanager.receivers import secret_files
from pipecat_lgtm.renderers.alertmanager.tree import tree
from pipecat_lgtm.renderers.collector import edge
from pipecat_lgtm.renderers.fingerprint import fingerprint, read_by
from pipecat_lgtm.renderers.placement import Placement
from pipecat_lgtm.renderers.text import to_yaml

NOBODY = "65534:65534"
POD = "pod"
_HOLD = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); signal.pause()"
_CONFIG_FILES = {
    "guard": "guard.json",
    "collector": "config.yaml",
    "tempo": "tempo.yaml",
    "loki": "loki.yaml",
}
_NOTE = (
    "Start: `docker compose up -d`; Grafana is then at {grafana}, read-only and without an admin account. "
    "With sample calls: `docker compose --profile demo up -d`. End: `docker compose down` (`-v` forgets the data)."
)
_BEFORE_COLLECTOR = frozenset({"prometheus", "tempo", "loki", "queues"})
CONFIG_LABEL = "pipecat-lgtm.config"
"""Of a container: the fingerprint of its service and of the files mounted into it.

Compose compares services, not the content of what is mounted: by this label it creates anew what reads a changed file.
"""


def render(config: Config, placement: Placement, files: dict[str, str]) -> dict[str, str]:
    """Return docker-compose.yml.

    Args:
        config: the stack.
        placement: in containers.
        files: what the other renderers have made.
    """
    made = compose(config, placement)
    for name, service in made["services"].items():
        if found := read_by(name, files):
            service["labels"] = {CONFIG_LABEL: fingerprint(found, service)}
    return {"docker-compose.yml": to_yaml(made, note=_NOTE.format(grafana=config.grafana_url))}


def engines(config: Config) -> list[str]:
    """Return the engines that run in this stack; Tempo and Loki do not where they have a remote address."""
    return [*guard.stores(config), "collector"]


def compose(config: Config, placement: Placement) -> dict[str, Any]:
    """Return the compose file as data."""
    local = engines(config)
    services: dict[str, Any] = {"init": _init(config, "loki", f"{_tools(config)}:/usr/bin")}
    for name in local:
        services[f"init-{name}"] = _init(config, "prometheus", f"{name}:/prometheus")
    services[POD] = _pod(config)
    services["guard"] = _guard(config, placement)
    for name in local:
        services[name] = _engine(config, placement, name, local)
    if config.routing.unheard:
        services["notifications"] = _notifications(config, placement)
    services["queues"] = _queues(config, placement)
    services["grafana"] = _grafana(config, placement, local)
    services["sandbox"] = _sandbox(config)
    if config.quality.heartbeat.targets:
        services[heartbeat.PART] = _heartbeat(config, placement)
    volumes: dict[str, Any] = {name: {} for name in (_tools(config), *local, "grafana")}
    found = {"name": config.name, "services": services, "volumes": volumes}
    opened = {name: path for program in logins.READ_BY for name, path in logins.files(config, program).items()}
    if secrets := _secrets(config) | _receiver_secrets(config) | opened:
        found["secrets"] = {name: {"file": str(path)} for name, path in secrets.items()}
    return found


def _pod(config: Config) -> dict[str, Any]:
    """Return what holds the network of the guard and the stores, under all of their names, and does nothing."""
    ports, stores = config.network.ports, guard.stores(config)
    return {
        "image": config.versions.image("python"),
        "command": ["python3", "-c", _HOLD],
        **_confined(config, POD),
        "networks": {"default": {"aliases": ["guard", *stores]}},
        "ports": [_published(config, port) for port in (ports.guard, *(getattr(ports, name) for name in stores))],
        "restart": "unless-stopped",
    }


def _shared() -> dict[str, Any]:
    return {"network_mode": f"service:{POD}"}


def _guard(config: Config, placement: Placement) -> dict[str, Any]:
    settings = placement.config("guard")
    return {
        "image": config.versions.image("caddy"),
        "command": ["caddy", *flags.FLAGS["guard"](config, placement)],
        "environment": resources.settings(config, "guard"),
        **_confined(config, "guard"),
        # Its program is marked as one that may listen below 1024; where that cannot be had, Linux does not run it.
        "cap_add": ["NET_BIND_SERVICE"],
        **_shared(),
        "tmpfs": ["/tmp", "/config", "/data"],  # noqa: S108 - inside a container
        "volumes": [
            f"{_tools(config)}:/tools:ro,nocopy",
            f"./guard/{_CONFIG_FILES['guard']}:{settings}/{_CONFIG_FILES['guard']}:ro",
        ],
        "depends_on": {
            "init": {"condition": "service_completed_successfully"},
            POD: {"condition": "service_started"},
        },
        "healthcheck": health(_health_url(config, "guard")),
        "restart": "unless-stopped",
    }


def _init(config: Config, engine: str, volume: str) -> dict[str, Any]:
    return {
        "image": config.versions.image(engine),
        "command": ["--version"],
        "volumes": [volume],
        "network_mode": "none",
        **_confined(config, "init"),
        "restart": "no",
    }


def _confined(config: Config, name: str, user: str = NOBODY) -> dict[str, Any]:
    return {
        "user": user,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "pids_limit": 512,
        "mem_limit": f"{resources.memory_mib(config, name)}m",
        "cpus": _cpus(resources.cpus(name)),
        "logging": {"driver": "json-file", "options": {"max-size": "20m", "max-file": "3"}},
    }


def _cpus(wanted: float) -> float | str:
    """Return a limit that a machine with a single CPU can lower: Docker refuses more than there are."""
    return f"${{PIPECAT_LGTM_CPUS:-{wanted:g}}}" if wanted > 1 else wanted


def _tools(config: Config) -> str:
    """Return the volume of the health check's program: one a version, for only an empty one is filled."""
    return f"tools-{config.versions.release('loki')}"


def _engine(config: Config, placement: Placement, name: str, local: list[str]) -> dict[str, Any]:
    engine = "otelcol" if name == "collector" else name
    settings, data = placement.config(name), placement.data(name)  # type: ignore[arg-type]
    mounts = [f"{name}:{data}", f"{_tools(config)}:/tools:ro,nocopy"]
    if name in {"prometheus", "alertmanager"}:
        mounts.append(f"./{name}:{settings}:ro")
    else:
        mounts.append(f"./{name}/{_CONFIG_FILES[name]}:{settings}/{_CONFIG_FILES[name]}:ro")
    made: dict[str, Any] = {
        "image": config.versions.image(engine),
        "command": flags.FLAGS[name](config, placement),
        "environment": resources.settings(config, name),
        **_confined(config, name),
        "tmpfs": ["/tmp"],  # noqa: S108 - inside a container
        "volumes": mounts,
        "depends_on": {
            "init": {"condition": "service_completed_successfully"},
            f"init-{name}": {"condition": "service_completed_successfully"},
        },
        "healthcheck": health(_health_url(config, name)),
        "restart": "unless-stopped",
    }
    if name == "collector":
        made["ports"] = [_published(config, port) for port in _ports(config)]
    else:
        made |= _shared()
        made["depends_on"] |= {one: {"condition": "service_started"} for one in (POD, "guard")}
    if name == "alertmanager" and (secrets := _receiver_secrets(config)):
        made["secrets"] = list(secrets)
    if name == "collector":
        # What the collector has not flushed is lost when it ends; it starts last and gets time to empty its queues.
        made["depends_on"] |= {
            store: {"condition": "service_healthy"} for store in ("queues", *local) if store in _BEFORE_COLLECTOR
        }
        made["stop_grace_period"] = "10s"
        made["environment"] |= _required(edge.secret_variables(config))
        if secrets := {**_secrets(config), **logins.files(config, name)}:
            made["secrets"] = list(secrets)
    if name == "prometheus" and (secrets := logins.files(config, name)):
        made["secrets"] = list(secrets)
    return made


def _required(variables: dict[str, str]) -> dict[str, str]:
    """Return an environment with variables of whoever starts the stack; Compose refuses to go on without one."""
    return {name: f"${{{name}:?set it for {key} in stack.yaml}}" for name, key in variables.items()}


def health(url: str) -> dict[str, Any]:
    """Return a health check that needs no shell: healthy is what answers 200."""
    return {
        "test": ["CMD", "/tools/loki", "-health", f"-health.url={url}"],
        "interval": "5s",
        "timeout": "5s",
        "retries": 24,
        "start_period": "10s",
    }


def _health_url(config: Config, name: str) -> str:
    ports = config.network.ports
    return {
        "guard": f"http://127.0.0.1:{ports.guard}/ready",
        "collector": f"http://127.0.0.1:{ports.collector_health}/",
        "prometheus": f"http://127.0.0.1:{ports.prometheus}/-/ready",
        "alertmanager": f"http://127.0.0.1:{ports.alertmanager}/-/ready",
        "notifications": f"http://127.0.0.1:{ports.notifications}/ready",
        "heartbeat": f"http://127.0.0.1:{ports.heartbeat}/ready",
        "tempo": f"http://127.0.0.1:{ports.tempo}/ready",
        "loki": f"http://127.0.0.1:{ports.loki}/ready",
        "grafana": f"http://127.0.0.1:{ports.grafana}/api/health",
    }[name]


def _ports(config: Config) -> list[int]:
    """Return the ports that the collector publishes."""
    ports = config.network.ports
    return [
        ports.otlp_grpc,
        ports.otlp_http,
        ports.collector_health,
        ports.collector_metrics,
        ports.collector_pipecat,
        ports.collector_breaches,
        ports.collector_intake,
    ]


def _published(config: Config, port: int) -> str:
    address = str(config.network.address)
    # Only the bots' entrance may be opened to other machines; stores and pages stay on loopback.
    bots = (config.network.ports.otlp_grpc, config.network.ports.otlp_http)
    host = address if port in bots or config.network.address.is_loopback else "127.0.0.1"
    return f"[{host}]:{port}:{port}" if ":" in host else f"{host}:{port}:{port}"


def _receiver_secrets(config: Config) -> dict[str, Any]:
    return dict(secret_files(tree(config)))


def _secrets(config: Config) -> dict[str, Any]:
    network = config.network
    files = {
        edge.TOKEN_FILE: network.auth.token_file,
        edge.CERT_FILE: network.tls.cert_file,
        edge.KEY_FILE: network.tls.key_file,
    }
    return {mounted.rsplit("/", 1)[1]: path for mounted, path in files.items() if path is not None}


def _grafana(config: Config, placement: Placement, local: list[str]) -> dict[str, Any]:
    settings, data = placement.config("grafana"), placement.data("grafana")
    # No admin account unless `pipecat-lgtm up` passes a password: a read-only viewer is all a fresh clone gives.
    no_admin = "${PIPECAT_LGTM_NO_ADMIN:-true}"
    secrets = logins.files(config, "grafana")
    return {
        "image": config.versions.image("grafana"),
        **_confined(config, "grafana", user="472:0"),
        "tmpfs": ["/tmp"],  # noqa: S108 - inside a container
        # Not the whole folder: Grafana does not start without the grafana.ini that its image has there.
        "volumes": [
            f"grafana:{data}",
            f"{_tools(config)}:/tools:ro,nocopy",
            *(f"./grafana/{folder}:{settings}/{folder}:ro" for folder in ("provisioning", "dashboards")),
            # Alerts link to them there, unless alerts.links.runbooks has another address.
            "./docs/runbooks:/usr/share/grafana/public/runbooks:ro",
        ],
        "environment": {
            **resources.settings(config, "grafana"),
            **_required(logins.variables(config, "grafana")),
            "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
            "GF_AUTH_DISABLE_LOGIN_FORM": no_admin,
            "GF_PATHS_DATA": "/var/lib/grafana",
            "GF_PATHS_PROVISIONING": f"{settings}/provisioning",
            "GF_PLUGINS_PREINSTALL_DISABLED": "true",
            "GF_SECURITY_ADMIN_PASSWORD": "${PIPECAT_LGTM_ADMIN_PASSWORD:-}",
            "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": no_admin,
            **_opened(config),
            "GF_SERVER_HTTP_PORT": str(config.network.ports.grafana),
            "GF_USERS_ALLOW_SIGN_UP": "false",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": f"{settings}/dashboards/pipecat-core.json",
        },
        "ports": [_published(config, config.network.ports.grafana)],
        "depends_on": {
            "init": {"condition": "service_completed_successfully"},
            **{name: {"condition": "service_started"} for name in local if name != "collector"},
        },
        "healthcheck": health(_health_url(config, "grafana")),
        "restart": "unless-stopped",
        **({"secrets": list(secrets)} if secrets else {}),
    }


def _opened(config: Config) -> dict[str, str]:
    """Return the one name that Grafana answers under: asked under another, it sends the browser to its own address.

    Nothing where people open another address: it may be a proxy's that does not hand on the name, or another Grafana's.
    """
    if config.alerts.links.grafana:
        return {}
    # Grafana ends the name at its first colon, so that an address of IPv6 would be sent to itself for ever.
    name = "localhost" if ":" in config.network.inside_host else config.network.inside_host
    return {
        "GF_SERVER_DOMAIN": name,
        "GF_SERVER_ENFORCE_DOMAIN": "true",
        "GF_SERVER_ROOT_URL": f"http://{name}:{config.network.ports.grafana}/",
    }


def _notifications(config: Config, placement: Placement) -> dict[str, Any]:
    made: dict[str, Any] = {
        "image": config.versions.image("python"),
        "command": ["python3", *flags.FLAGS["notifications"](config, placement)],
        **_confined(config, "notifications"),
        "ports": [_published(config, config.network.ports.notifications)],
        "volumes": [f"{_tools(config)}:/tools:ro,nocopy", f"./notifications:{placement.config('notifications')}:ro"],
        "depends_on": {"init": {"condition": "service_completed_successfully"}},
        "healthcheck": health(_health_url(config, "notifications")),
        "restart": "unless-stopped",
    }
    return made | _shown(config)


def _queues(config: Config, placement: Placement) -> dict[str, Any]:
    """Return what sets damaged queue files aside: before the collector starts, and before Docker starts it again."""
    made: dict[str, Any] = {
        "image": config.versions.image("python"),
        "command": ["python3", *flags.QUEUES],
        **_confined(config, "queues"),
        "volumes": [f"collector:{placement.data('collector')}", f"./queues:{placement.config('queues')}:ro"],
        "depends_on": {"init-collector": {"condition": "service_completed_successfully"}},
        "healthcheck": {
            "test": ["CMD", "python3", *flags.QUEUES, "--look"],
            "interval": "5s",
            "timeout": "30s",
            "retries": 24,
            "start_period": "10s",
        },
        "restart": "unless-stopped",
    }
    return made | _shown(config)


def _shown(config: Config) -> dict[str, list[str]]:
    """Return the secrets of what sends to the collector: token and certificate; the key is the collector's alone."""
    secrets = [name for name in _secrets(config) if not edge.KEY_FILE.endswith(name)]
    return {"secrets": secrets} if secrets else {}


def _sandbox(config: Config) -> dict[str, Any]:
    port = config.network.ports.sandbox
    return {
        "profiles": ["demo"],
        "build": {"context": ".", "dockerfile": "docker/sandbox.Dockerfile"},
        "command": [
            "demo",
            "--otlp",
            f"http://collector:{config.network.ports.otlp_http}",
            "--port",
            str(port),
            "--address",
            "0.0.0.0",  # noqa: S104 - inside a container
        ],
        **_confined(config, "sandbox"),
        "environment": {"HOME": "/tmp", "NUMBA_CACHE_DIR": "/tmp"},  # noqa: S108 - inside a container
        "tmpfs": ["/tmp"],  # noqa: S108 - inside a container
        "depends_on": {"collector": {"condition": "service_healthy"}},
        "restart": "no",
    }


def _heartbeat(config: Config, placement: Placement) -> dict[str, Any]:
    return {
        "profiles": ["quality"],
        "build": {"context": ".", "dockerfile": "docker/quality.Dockerfile"},
        "command": flags.FLAGS[heartbeat.PART](config, placement),
        **_confined(config, heartbeat.PART),
        "environment": {"HOME": "/tmp", "NUMBA_CACHE_DIR": "/tmp"},  # noqa: S108 - inside a container
        "tmpfs": ["/tmp"],  # noqa: S108 - inside a container
        "extra_hosts": ["host.docker.internal:host-gateway"],  # a bot on this machine
        "ports": [_published(config, config.network.ports.heartbeat)],
        "volumes": [
            f"{_tools(config)}:/tools:ro,nocopy",
            f"./heartbeat:{placement.config(heartbeat.PART)}:ro",  # type: ignore[arg-type]
            *(f"{path}:{path}:ro" for path in heartbeat.mounted(config)),
        ],
        "depends_on": {"init": {"condition": "service_completed_successfully"}},
        "healthcheck": health(_health_url(config, heartbeat.PART)),
        "restart": "unless-stopped",
    }
