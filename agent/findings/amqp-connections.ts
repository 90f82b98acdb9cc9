import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";

/** An established TCP connection, from its two ends. */
export interface AmqpConnection {
  /** Of the process that holds it; undefined when that may not be seen. */
  readonly pid: string | undefined;
  readonly program: string | undefined;
  /** Since anything was sent or received, whichever is the shorter. */
  readonly idleMs: number;
}

/**
 * Reads the lines of `ss -Htnoip`: a line of addresses, and below it, indented, what the kernel knows of the connection. ss(8);
 * `lastsnd` and `lastrcv` are tcpi_last_data_sent and tcpi_last_data_recv of struct tcp_info, in milliseconds, counted from when
 * it was established for one that never carried data. ss leaves out what is 0, which means: just now.
 */
export function createSsReader(): {
  line(text: string): void;
  connections(): readonly AmqpConnection[];
} {
  const found: AmqpConnection[] = [];
  let owner: RegExpExecArray | undefined;
  return {
    line(text) {
      if (!/^\s/.test(text)) {
        owner = /users:\(\("((?:[^"]|"(?!,pid=))*)",pid=(\d+)/.exec(text) ?? undefined;
        return;
      }
      const value = (name: string) => Number(new RegExp(`\\b${name}:(\\d+)`).exec(text)?.[1] ?? 0);
      found.push({ program: owner?.[1], pid: owner?.[2], idleMs: Math.min(value("lastsnd"), value("lastrcv")) });
      owner = undefined;
    },
    connections: () => found,
  };
}

/** Of the connections of each process: how many there are, how many are idle, and since when the longest is. */
export function amqpPoints(
  connections: readonly AmqpConnection[],
  { nameOf, idleAfterMs }: { readonly nameOf: (it: AmqpConnection) => string; readonly idleAfterMs: number },
  at: EpochMs,
): readonly Point[] {
  const byName = new Map<string, { connections: number; idle: number; oldestMs: number }>();
  for (const it of connections) {
    const name = nameOf(it);
    const of = byName.get(name) ?? { connections: 0, idle: 0, oldestMs: 0 };
    of.connections++;
    if (it.idleMs > idleAfterMs) of.idle++;
    of.oldestMs = Math.max(of.oldestMs, it.idleMs);
    byName.set(name, of);
  }
  return [...byName].map(([process, of]) => ({
    measurement: "amqp",
    tags: { process },
    fields: {
      connections: { int: of.connections },
      idle_connections: { int: of.idle },
      oldest_idle_s: of.oldestMs / 1000,
    },
    at,
  }));
}
