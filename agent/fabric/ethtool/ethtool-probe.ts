import { intField } from "../../../core/line-protocol.ts";
import type { Probe, ProbeContext, ProbeSession } from "../../probe.ts";
import type { ProcReader } from "../../proc-reader.ts";
import { createLineRunner } from "../../topology/line-command.ts";
import { hardwareInterfaces } from "../hardware-interfaces.ts";
import { READ_EVERY_MS, readPaced } from "../paced-reading.ts";
import { createDropReader, type DropCounters } from "./drop-counters.ts";

/** More cards than a host has slots for. */
const MAX_NICS = 32;

interface NicDrops {
  readonly driver: string;
  readonly counters: DropCounters;
}

/**
 * What the network cards themselves say they lost, which /proc/net/dev mixes or misses: `ethtool -S`, once a minute for
 * each card. Between two readings a sample repeats the last one.
 */
export function ethtoolProbe(proc: ProcReader, readEveryMs = READ_EVERY_MS): Probe {
  return { name: "ethtool", detect: async (context) => detectNics(proc, readEveryMs, context) };
}

function detectNics(proc: ProcReader, readEveryMs: number, { signal }: ProbeContext): ProbeSession | undefined {
  if (physicalNics(proc).length === 0) return undefined;
  const run = createLineRunner(signal);
  let drops: ReadonlyMap<string, NicDrops> = new Map();

  async function read(): Promise<void> {
    const next = new Map<string, NicDrops>();
    for (const name of physicalNics(proc)) {
      const reader = createDropReader();
      const driver = proc.link(`/sys/class/net/${name}/device/driver`)?.split("/").at(-1);
      const isRead = await run({ file: "ethtool", args: ["-S", name] }, reader.line);
      if (isRead) next.set(name, { driver: driver ?? "", counters: reader.finish() });
    }
    drops = next;
  }

  void readPaced(read, readEveryMs, signal);
  return {
    sample(at, sink) {
      for (const [name, { driver, counters }] of drops) {
        const fields = Object.fromEntries(Object.entries(counters).map(([field, value]) => [field, intField(value)]));
        sink({ measurement: "nic_drops", tags: { interface: name, driver }, fields, at });
      }
    },
  };
}

/** Interfaces of hardware in the host's own namespace, but for virtual functions, which count little by themselves. */
function physicalNics(proc: ProcReader): readonly string[] {
  const isPhysical = (name: string) =>
    proc.link(`/sys/class/net/${name}/device`) !== undefined &&
    proc.link(`/sys/class/net/${name}/device/physfn`) === undefined;
  return hardwareInterfaces(proc).filter(isPhysical).slice(0, MAX_NICS);
}
