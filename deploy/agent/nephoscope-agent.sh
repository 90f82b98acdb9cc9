#!/bin/sh
# Small heaps, one pool of memory for all threads, and no machine code made at run time: see docs/adr/0006 of Nephoscope.
here=$(dirname "$(readlink -f "$0")")
MALLOC_ARENA_MAX=1 exec "$here/node" --jitless --optimize-for-size --v8-pool-size=1 --max-semi-space-size=1 --max-old-space-size=64 \
  "$here/agent.cjs" "$@"
