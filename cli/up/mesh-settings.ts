import { randomBytes } from "node:crypto";
import type { MeshSettings } from "../../collector/mesh/mesh-desk.ts";
import type { StateStore } from "../../store/state-store.ts";
import type { Config } from "../config/schema.ts";

const COLLECTION = "mesh";
const KEY = "key";

/** As configured; undefined when it is switched off. The key that packets are signed with outlives restarts: agents go on with it meanwhile. */
export function meshSettings(config: Config, state: StateStore): MeshSettings | undefined {
  if (!config.mesh.enabled) return undefined;
  const kept = state.get(COLLECTION, KEY);
  const key = typeof kept === "string" && /^[0-9a-f]{64}$/.test(kept) ? kept : randomBytes(32).toString("hex");
  if (key !== kept) state.commit([{ collection: COLLECTION, key: KEY, document: key }]);
  return { intervalMs: Math.round(config.mesh.interval_seconds * 1_000), peers: config.mesh.peers, key };
}
