import { appendFileSync, readFileSync } from "node:fs";
import { fillConntrack } from "./agent-host-connections.ts";
import { startMachines } from "./agent-host-machines.ts";
import { startNamespaces } from "./agent-host-namespaces.ts";
import { benchPorts, type HostSizes } from "./agent-host-ports.ts";
import { fillProcesses, processCount } from "./agent-host-processes.ts";
import { startSwitch, startTraffic } from "./agent-host-switch.ts";

const EVERY_MS = 1_000;
const LOG_LINES = 5;
const NAMESPACES = 6;

/** Makes this sandbox a compute node; tells how it goes. Nothing is removed: all of it ends with the sandbox. */
export async function makeHost(folder: string, sizes: HostSizes): Promise<void> {
  const ports = benchPorts(sizes);
  const done = stages();
  await startSwitch(folder, ports);
  done(`${ports.length} ports of Open vSwitch`);
  await startMachines(folder, sizes.machines, ports);
  done(`${sizes.machines} machines`);
  startTraffic(ports);
  await startNamespaces(NAMESPACES);
  await fillConntrack(folder, sizes.connections, ports);
  done(`${readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8").trim()} conntrack entries`);
  await fillProcesses(folder, sizes.processes);
  done(`${processCount()} processes`);
  keepBusy();
}

function stages(): (what: string) => void {
  let before = performance.now();
  return (what) => {
    console.log(`made         ${what} in ${((performance.now() - before) / 1e3).toFixed(1)} s`);
    before = performance.now();
  };
}

/** Lines of a log. */
function keepBusy(): void {
  setInterval(() => {
    const line = `${new Date().toISOString()} 4242 INFO nova.compute.manager [None req-1] Running periodic task\n`;
    appendFileSync("/var/log/nova/nova-compute.log", line.repeat(LOG_LINES));
  }, EVERY_MS).unref();
}
