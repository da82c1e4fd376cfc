# Asterisk 22 LTS for the rig, by the same install script as the rig's root file system.
# The configuration is mounted; see ccgateway/rig/installs.py.
FROM debian:sid-slim
COPY docker/install-asterisk.sh /root/install-asterisk.sh
RUN sh /root/install-asterisk.sh
CMD ["asterisk", "-f"]
