# PostgreSQL 15 of Debian 12, from the same base as the gateway: two base images serve all.
FROM debian:bookworm-slim
# The package would make a cluster of its own, in the image. A tmpfs at /run/postgresql gets its mode,
# but not its owner.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && chmod 1777 /run/postgresql \
    && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
COPY docker/postgres.sh /usr/local/bin/ccgateway-postgres
ENV PATH=/usr/lib/postgresql/15/bin:$PATH
USER postgres
EXPOSE 5432
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s \
    CMD ["pg_isready", "-q", "-h", "127.0.0.1", "-d", "ccgateway"]
# A fast shutdown: Docker's SIGTERM would wait for all who are connected.
STOPSIGNAL SIGINT
CMD ["ccgateway-postgres"]
