import type { EpochMs } from "../../core/clock.ts";
import type { FailureKind } from "./api/api-error.ts";
import type { ServiceName } from "./api/catalogue.ts";
import type { Missing } from "./round.ts";

export interface SyncProblem {
  readonly kind: FailureKind | "other";
  readonly reason: string;
  readonly hint: string;
}

/** How the asking of one service of one region is. */
export interface ServiceHealth {
  readonly service: ServiceName;
  readonly region: string;
  /** `absent`: the catalogue has no such service. */
  readonly state: "starting" | "ok" | "failing" | "absent";
  /** When what is known of it was true last; undefined before the first whole reading. */
  readonly trueAt: EpochMs | undefined;
  readonly fullAt: EpochMs | undefined;
  readonly fullSeconds: number | undefined;
  readonly rounds: number;
  readonly failures: number;
  /** Objects of the last whole reading. */
  readonly objects: number;
  readonly problem: SyncProblem | undefined;
  readonly missing: readonly Missing[];
}

/** Services without which a cloud is not known. */
const NEEDED: ReadonlySet<ServiceName> = new Set(["compute", "network"]);

export function isNeeded(service: ServiceName): boolean {
  return NEEDED.has(service);
}
