#!/usr/bin/env bash
# Installs what interop/ and bench/ call from Debian: the phones and servers that nobody here wrote, and the tools around them.
# Does nothing, quickly, when everything is there.
set -euo pipefail

packages=(
  sip-tester baresip-core linphone-cli sipsak          # phones and load
  kamailio kamailio-tls-modules kamailio-websocket-modules
  coturn stun-client stun-server                       # STUN and TURN, both ways
  chromium libnice-dev                                 # ICE agents that nobody here wrote
  espeak-ng                                            # a voice to be understood
  gcc libc6-dev libglib2.0-dev pkg-config              # what interop/ice/libnice.c is compiled with
  nftables iproute2 tcpdump procps openssl             # NATs, namespaces, captures, certificates
)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$state" = 'install ok installed' ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "All peers are installed."
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "There is no apt-get here. Install by other means what these Debian packages hold: ${missing[*]}" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Missing: ${missing[*]}. Run as root: bash $0" >&2
  echo "or: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "${missing[@]}"

# The package starts Kamailio on port 5060, where Ringdown wants to be; interop and bench start their own.
if [[ " ${missing[*]} " == *" kamailio "* ]] && [ -d /run/systemd/system ]; then
  systemctl disable --now kamailio
fi
