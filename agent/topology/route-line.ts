/** Whether a line of `ip -o monitor` or `ip -o route` speaks of a route, rather than a link, an address or a number. */
export function isRouteLine(line: string): boolean {
  return (
    /^(?:Deleted )?(?:[a-z]+ )?(?:default|[0-9a-f.:]*[.:][0-9a-f.:]*(?:\/\d+)?) /.test(line) &&
    !/^(?:Deleted )?\d+: /.test(line)
  );
}

/**
 * Routes that the kernel makes of each address and takes away with it: to itself, to its broadcast and multicast
 * addresses and to link-local ones. They say nothing that the address does not.
 */
export function isMadeByKernel(line: string): boolean {
  if (!/ proto kernel(?: |$)/.test(line)) return false;
  return /^(?:Deleted )?(?:local|broadcast|anycast|multicast) /.test(line) || /^(?:Deleted )?fe80::\/64 /.test(line);
}
