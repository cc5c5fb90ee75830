# Airflow with this package: api-server, scheduler, dag-processor, triggerer, worker and init are the same image.
# BASE is any Debian 12: of a registry, or what `make base-image` makes of the distribution's packages where there is none.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS packages
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/airflow-venv
# The folder wheels is empty, or has everything (`make production-images`): then nothing is downloaded in here.
COPY requirements-production.txt deploy/wheels* /build/
RUN if ls /build/*.whl > /dev/null 2>&1; then offline="--no-index --find-links=/build"; fi \
 && /opt/airflow-venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
      ${offline:-} -r /build/requirements-production.txt

FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 50000 --user-group --create-home --home-dir /opt/airflow --shell /usr/sbin/nologin airflow \
 && install -d -o airflow -g airflow /opt/airflow/logs /var/lib/vitam-backup
COPY --from=packages /opt/airflow-venv /opt/airflow-venv
COPY dags /opt/vitam-backup/dags
COPY plugins /opt/vitam-backup/plugins
COPY deploy/start deploy/healthy deploy/secret deploy/accounts /opt/vitam-backup/bin/

ENV AIRFLOW_HOME=/opt/airflow PATH=/opt/airflow-venv/bin:/opt/vitam-backup/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/vitam-backup/plugins PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /opt/airflow
ENTRYPOINT ["/opt/vitam-backup/bin/start"]
