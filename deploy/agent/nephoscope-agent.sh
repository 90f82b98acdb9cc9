#!/bin/sh
# Small heaps, and no machine code made at run time: see docs/adr/0006 of Nephoscope.
here=$(dirname "$(readlink -f "$0")")
exec "$here/node" --jitless --max-semi-space-size=1 --max-old-space-size=64 "$here/agent.cjs" "$@"
