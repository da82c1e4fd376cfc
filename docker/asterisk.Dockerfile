# Asterisk 22 LTS, by the same install script as the rig's root file system. Its configuration is
# mounted at /etc/asterisk.
FROM debian:sid-slim
COPY docker/install-asterisk.sh /root/install-asterisk.sh
# A volume at one of these folders begins as it is here, a tmpfs with its mode but not its owner.
RUN sh /root/install-asterisk.sh \
    && install -d -m 1777 /run/asterisk \
    && chown -R asterisk:asterisk /var/log/asterisk /var/lib/asterisk /var/spool/asterisk
USER asterisk
EXPOSE 5060/udp
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s \
    CMD ["asterisk", "-rx", "core waitfullybooted"]
CMD ["asterisk", "-f"]
