#!/usr/bin/env bash
# The picture in the README: the report of `make demo`, by a headless Chromium.
#   make demo && tools/screenshot.sh
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p docs/images
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --disable-background-networking --blink-settings=preferredColorScheme=0 --window-size=1180,1560 \
    --screenshot=docs/images/report.png "file://$PWD/out/demo/report.html"
