import type { Log } from "../../core/log.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { databaseProbe } from "./database-probe.ts";
import { vswitchdProbe } from "./vswitchd-probe.ts";
import type { OvsPlaces } from "./vswitchd-process.ts";

/** Open vSwitch is two daemons, either of which may be restarted by itself: the database, and the switch. */
export function openVswitchProbes(
  host: string,
  places: OvsPlaces,
  { proc, log }: { readonly proc: ProcReader; readonly log: Log },
): readonly Probe[] {
  const database = databaseProbe(places, { proc, log });
  return [database, vswitchdProbe(host, places, { proc, hasHardwareOffload: database.hasHardwareOffload })];
}
