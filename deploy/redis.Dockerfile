# The broker of the profile celery, from Debian's packages.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/* \
 && install -d -m 0700 -o redis -g redis /var/lib/redis
COPY deploy/start-redis /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/start-redis"]
