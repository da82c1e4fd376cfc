#!/bin/sh
# Installs Asterisk 22 LTS into a Debian system of the unstable suite: the one recipe for both
# the Docker image (docker/asterisk.Dockerfile) and the rig's rootfs (ccgateway/rig/rootfs.py).
# Debian 12 itself ships no Asterisk. Changing this file makes the rig build its rootfs again.
set -eu
export DEBIAN_FRONTEND=noninteractive
# Debian's unstable Release file may be past its valid-until date on a mirror that lags.
apt_options='-o APT::Install-Recommends=false -o Acquire::Check-Valid-Until=false'

# No service may start inside an image or a rootfs (policy-rc.d, Debian Policy 9.3.3).
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d

# shellcheck disable=SC2086  # the options are several words on purpose
apt-get $apt_options update
# shellcheck disable=SC2086
apt-get $apt_options install -y \
    asterisk \
    asterisk-core-sounds-en-gsm \
    asterisk-moh-opsound-gsm

# cel_custom writes nothing, and logs an error for each line, where its folder is missing.
mkdir -p /var/log/asterisk/cel-custom
apt-get clean
rm -rf /var/lib/apt/lists/* /usr/share/doc /usr/share/man /usr/share/locale
asterisk -V
