import type { ProcReader } from "../proc-reader.ts";
import { configurationFiles, type Dnsmasq, dhcpServersOf, dhcpSockets } from "./dhcp-servers.ts";

/** Processes looked at before other work gets its turn. */
const PROCESSES_PER_TURN = 200;

/** Of one file: whoever calls itself dnsmasq may name any, and each line is looked at. */
const MAX_CONFIGURATION_CHARS = 64 * 1024;

/** Inode of a network namespace → the DHCP servers in it, where a dnsmasq serves any. */
export async function scanDhcpServers(proc: ProcReader): Promise<ReadonlyMap<number, readonly string[]>> {
  const inNamespace = new Map<number, { readonly pid: string; readonly processes: Dnsmasq[] }>();
  let looked = 0;
  for (const pid of proc.names("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    if (++looked % PROCESSES_PER_TURN === 0) await new Promise(setImmediate);
    if (proc.text(`/proc/${pid}/comm`)?.trim() !== "dnsmasq") continue;
    const inode = /^net:\[(\d+)\]$/.exec(proc.link(`/proc/${pid}/ns/net`) ?? "")?.[1];
    if (inode === undefined) continue;
    const found = inNamespace.get(Number(inode)) ?? { pid, processes: [] };
    inNamespace.set(Number(inode), found);
    found.processes.push(readDnsmasq(proc, pid));
  }
  const servers = new Map<number, readonly string[]>();
  for (const [inode, { pid, processes }] of inNamespace) {
    const found = dhcpServersOf(processes, dhcpSockets(proc.text(`/proc/${pid}/net/udp`) ?? ""));
    if (found.length > 0) servers.set(inode, found);
  }
  return servers;
}

function readDnsmasq(proc: ProcReader, pid: string): Dnsmasq {
  const args = (proc.text(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(1);
  const sockets = new Set<number>();
  for (const fd of proc.names(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(proc.link(`/proc/${pid}/fd/${fd}`) ?? "")?.[1];
    if (inode !== undefined) sockets.add(Number(inode));
  }
  // By its own root: a dnsmasq in a container has its files there.
  const files = configurationFiles(args).map((file) =>
    (proc.text(`/proc/${pid}/root/${file}`) ?? "").slice(0, MAX_CONFIGURATION_CHARS),
  );
  return { args, configuration: files.join("\n"), sockets };
}
