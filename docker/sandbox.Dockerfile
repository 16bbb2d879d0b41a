# The sandbox of `docker compose --profile demo up`: a provider with known delays and a real Pipecat bot on it.
FROM python:3.12-slim
WORKDIR /src
COPY pyproject.toml README.md LICENSE stack.yaml ./
COPY generator ./generator
RUN pip install --no-cache-dir ./generator/bridge '.[sandbox]'
USER 65534:65534
WORKDIR /tmp
ENTRYPOINT ["python", "-m", "pipecat_lgtm.sandbox"]
