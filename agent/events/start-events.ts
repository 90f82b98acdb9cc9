import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { hostId } from "../../core/element-id.ts";
import type { HostEvent } from "../../core/host-event.ts";
import type { ProcReader } from "../proc-reader.ts";
import { bootIdOf } from "../topology/host-node.ts";

/** An agent that starts within this long of a boot tells of it; the same boot is told once, however often it starts. */
const BOOT_IS_NEWS_MS = 30 * 60_000;

/** What an agent that starts has to tell: that it did, and that the host did not long ago. */
export function startEvents(
  { host, version }: { readonly host: string; readonly version: string },
  proc: ProcReader,
  now: EpochMs,
): readonly HostEvent[] {
  const element = hostId(host);
  const started: HostEvent = {
    at: now,
    kind: "agent-started",
    element,
    severity: "info",
    text: `agent ${version} started`,
    attributes: { version },
  };
  const bootId = bootIdOf(proc);
  const uptimeSeconds = Number(proc.text("/proc/uptime")?.split(" ")[0] ?? Number.NaN);
  if (bootId === undefined || !(uptimeSeconds * 1_000 < BOOT_IS_NEWS_MS)) return [started];
  // The kernel's `btime` moves with the clock; to the second it is the same however often it is asked.
  const bootedAt = /^btime (\d+)/m.exec(proc.text("/proc/stat") ?? "")?.[1];
  return [
    {
      key: `boot-${bootId}`.slice(0, 64),
      at: bootedAt === undefined ? now : epochMsOf(Number(bootedAt) * 1_000),
      kind: "host-booted",
      element,
      severity: "warning",
      text: `${host} booted`,
      attributes: { boot_id: bootId },
    },
    started,
  ];
}
