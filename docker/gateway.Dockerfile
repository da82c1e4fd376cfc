# The gateway. Configuration: mount a TOML file at /etc/ccgateway/ccgateway.toml.
FROM python:3.11-slim-bookworm
WORKDIR /opt/ccgateway
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY ccgateway ccgateway
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --system --create-home ccgateway
USER ccgateway
EXPOSE 4573 8070
CMD ["ccgateway", "run", "--config", "/etc/ccgateway/ccgateway.toml"]
