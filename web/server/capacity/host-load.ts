import { selectorOf, type Wanted } from "./selector.ts";

const READING = "5m";

/**
 * Share of all processors that were busy. `all` is the sum over processors. How many there are is told as often as how long they were
 * idle; the last such figure of a whole day would be looked for in all samples of it.
 */
export function cpuOf(wanted: Wanted): string {
  const idle = selectorOf("cpu_idle_s", { ...wanted, cpu: "all" });
  const processors = `last_over_time(${selectorOf("system_cpus", wanted)}[${READING}])`;
  return `clamp(1 - rate(${idle}[${READING}]) / ignoring(cpu) ${processors}, 0, 1)`;
}

/** Bits per second of the network cards, which carry what bonds and tunnels above them count again. */
export function networkOf(wanted: Wanted): string {
  const rate = (direction: string) =>
    `rate(${selectorOf(`net_if_${direction}_bytes`, { ...wanted, kind: "nic" })}[${READING}])`;
  return `8 * (sum by (cluster, host) (${rate("rx")}) + sum by (cluster, host) (${rate("tx")}))`;
}
