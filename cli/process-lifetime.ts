import type { Clock } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";

const STOP_WITHIN_MS = 15_000;
/** A terminal's Ctrl-C reaches this process itself and once more through the launcher: that is one wish, not two. */
const SAME_WISH_MS = 1_000;

/**
 * The lifetime of this process: SIGINT and SIGTERM end it and what was started in it stops in turn. A second signal, or
 * a stop that takes too long, ends the process at once: what was acknowledged is durable either way.
 */
export function processLifetime(
  log: Log,
  clock: Clock,
): { readonly lifetime: Lifetime; readonly ended: Promise<void> } {
  const lifetime = new Lifetime();
  const ended = new Promise<void>((resolve, reject) => {
    let askedAtMs: number | undefined;
    const stop = (signal: NodeJS.Signals): void => {
      if (askedAtMs !== undefined && clock.monotonicMs() - askedAtMs > SAME_WISH_MS) process.exit(130);
      if (lifetime.isOver) return;
      askedAtMs = clock.monotonicMs();
      log.info({ signal }, "stopping");
      const timer = setTimeout(() => {
        log.error({ withinMs: STOP_WITHIN_MS }, "stopping took too long");
        process.exit(1);
      }, STOP_WITHIN_MS);
      timer.unref();
      lifetime.end().then(resolve, reject);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
  return { lifetime, ended };
}
