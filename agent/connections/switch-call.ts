import { OperatorError } from "../../core/errors.ts";
import { connectVswitchd } from "../ovs/vswitchd-connection.ts";
import { type OvsPlaces, vswitchdProcess } from "../ovs/vswitchd-process.ts";
import type { ProcReader } from "../proc-reader.ts";

/** What `ovs-appctl` would print for a command; undefined where there is no switch, and where it refuses or does not answer. */
export type SwitchCall = (method: string, params: readonly string[]) => Promise<string | undefined>;

/** One connection for each call: there is one a minute. */
export function createSwitchCall(proc: ProcReader, places: OvsPlaces): SwitchCall {
  return async (method, params) => {
    const daemon = vswitchdProcess(proc, places);
    if (daemon === undefined) return undefined;
    try {
      const connection = await connectVswitchd(places, daemon);
      const result = await connection.call(method, params).finally(() => connection.close());
      return typeof result === "string" ? result : undefined;
    } catch (error) {
      if (error instanceof OperatorError) return undefined;
      throw error;
    }
  };
}
