# Quality of `docker compose --profile quality up`: synthetic calls into your bots.
FROM python:3.12-slim
WORKDIR /src
COPY pyproject.toml README.md LICENSE stack.yaml ./
COPY generator ./generator
RUN pip install --no-cache-dir ./generator/bridge '.[quality]'
USER 65534:65534
WORKDIR /tmp
ENTRYPOINT ["python"]
