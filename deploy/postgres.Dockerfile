# Airflow's database, from Debian's packages (PostgreSQL 15 on Debian 12).
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-common \
 && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf \
 && apt-get install -y --no-install-recommends postgresql \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/lib/postgresql/*/bin /opt/postgresql \
 && install -d -m 0700 -o postgres -g postgres /var/lib/postgresql/data
ENV PATH=/opt/postgresql:/usr/bin:/bin PGDATA=/var/lib/postgresql/data LC_ALL=C.UTF-8
COPY deploy/start-postgres /usr/local/bin/
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/local/bin/start-postgres"]
