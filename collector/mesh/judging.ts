import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { AgentPresence } from "../../topology/agent-presence.ts";
import type { Verdict } from "../../topology/host-witnesses.ts";
import type { MeshDesk } from "./mesh-desk.ts";

/** Witnesses notice within seconds, each at its own time; a verdict that stands this long is told. */
const JUDGE_EVERY_MS = 2_000;
const STANDS_AFTER_MS = 6_000;

export interface JudgingDeps {
  readonly mesh: Pick<MeshDesk, "testimonyOf">;
  readonly presence: Pick<AgentPresence, "statuses" | "judged">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells dead hosts from dead agents, by what the neighbours of those that are silent say. */
export function startJudging({ mesh, presence, clock, log }: JudgingDeps, lifetime: Lifetime): void {
  const standing = new Map<string, { readonly verdict: Verdict; readonly sinceMs: number }>();

  async function judge(): Promise<void> {
    const silent = presence.statuses().filter(({ session }) => session === "silent");
    const hosts = new Set(silent.map(({ host }) => host));
    for (const host of standing.keys()) if (!hosts.has(host)) standing.delete(host);
    for (const { host, verdict: told } of silent) {
      const { verdict, witnesses } = mesh.testimonyOf(host);
      const known = standing.get(host);
      if (known?.verdict !== verdict) standing.set(host, { verdict, sinceMs: clock.monotonicMs() });
      else if (verdict !== told && clock.monotonicMs() - known.sinceMs >= STANDS_AFTER_MS) {
        await presence
          .judged(host, verdict)
          .then(() => log.warn({ host, verdict, witnesses }, "silent host judged"), notNow);
      }
    }
  }

  /** A store that does not take it now is asked again in the next round. */
  function notNow(error: unknown): void {
    if (!(error instanceof OperatorError)) throw error;
  }

  let judging: Promise<void> | undefined;
  const timer = setInterval(() => {
    judging ??= judge().finally(() => {
      judging = undefined;
    });
  }, JUDGE_EVERY_MS);
  lifetime.defer("judging of silent hosts", async () => {
    clearInterval(timer);
    await judging;
  });
}
