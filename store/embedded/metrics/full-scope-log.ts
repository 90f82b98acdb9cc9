import type { Clock } from "../../../core/clock.ts";
import type { Lifetime } from "../../../core/lifetime.ts";
import type { Log } from "../../../core/log.ts";
import { createLogBurst } from "../../../core/log-burst.ts";
import { type FullScope, scopeKey } from "./series-limits.ts";

/** A sender that goes wild does so for hours. */
const AGAIN_AFTER_MS = 600_000;
const MOST_REMEMBERED = 1_000;

/** Logs that a scope had no room for a series: of one scope once in ten minutes, and never many in a second. */
export class FullScopeLog {
  readonly #clock: Clock;
  readonly #log: (fields: object) => void;
  readonly #toldMs = new Map<string, number>();

  /** `event` is what the line says. */
  constructor(event: string, { clock, log }: { readonly clock: Clock; readonly log: Log }, lifetime: Lifetime) {
    this.#clock = clock;
    const write = (fields: object, what: string) => log.warn(fields, what);
    this.#log = createLogBurst(write, { event, more: `${event}, in more scopes` }, lifetime);
  }

  tell({ kind, cluster, name, series, limit }: FullScope, amount: object = {}): void {
    const nowMs = this.#clock.monotonicMs();
    const key = scopeKey({ kind, cluster, name });
    const toldMs = this.#toldMs.get(key);
    if (toldMs !== undefined && nowMs < toldMs + AGAIN_AFTER_MS) return;
    if (this.#toldMs.size >= MOST_REMEMBERED) this.#toldMs.clear();
    this.#toldMs.set(key, nowMs);
    const whose = kind === "host" || kind === "measurement" ? { [kind]: name } : {};
    this.#log({ scope: kind, cluster, ...whose, series, limit, ...amount });
  }
}
