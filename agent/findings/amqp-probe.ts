import type { Clock, EpochMs } from "../../core/clock.ts";
import { waitUnlessOver } from "../../core/wait.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { processName } from "../processes/process-name.ts";
import { parseProcessStat } from "../processes/process-stat.ts";
import { createLineRunner } from "../topology/line-command.ts";
import { type AmqpConnection, amqpPoints, createSsReader } from "./amqp-connections.ts";

const READ_EVERY_MS = 60_000;

export interface AmqpOptions {
  /** TCP ports of the message broker, with and without TLS. */
  readonly ports?: readonly number[] | undefined;
  /** As OpenStack's services are configured (`heartbeat_timeout_threshold`). */
  readonly heartbeatSeconds?: number | undefined;
  readonly readEveryMs?: number | undefined;
}

const DEFAULT_PORTS = [5672, 5671] as const;
const DEFAULT_HEARTBEAT_SECONDS = 60;

/** Names of processes that are told to have no connection any more. */
const MAX_NAMES = 256;

/** Heartbeats that must have been left out before a connection counts as idle: either end closes it after two. */
const HEARTBEATS = 3;

/**
 * Connections to and from the message broker in the host's own namespace, by the process that holds them. When they last carried
 * something, the kernel tells by netlink only; so `ss` asks it, once a minute. Silent until there is such a connection.
 */
export function amqpProbe(
  { proc, clock }: { readonly proc: ProcReader; readonly clock: Clock },
  options: AmqpOptions = {},
): Probe {
  const { ports = DEFAULT_PORTS, heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS, readEveryMs = READ_EVERY_MS } = options;
  const idleAfterMs = HEARTBEATS * heartbeatSeconds * 1000;
  let lookedMs = Number.NEGATIVE_INFINITY;

  return {
    name: "amqp",
    async detect({ signal }) {
      // Sources that are absent are looked for more often than a program is to be started for it.
      if (clock.monotonicMs() - lookedMs < readEveryMs) return undefined;
      lookedMs = clock.monotonicMs();
      const found = await readConnections("-Htnoi", ports, signal);
      if (found === undefined || found.length === 0) return undefined;
      const first = await readConnections("-Htnoip", ports, signal);
      if (first === undefined) return undefined;
      const seen = new Set<string>();
      let waiting: { readonly connections: readonly AmqpConnection[]; readonly at: EpochMs } | undefined;
      waiting = { connections: first, at: clock.now() };
      void (async () => {
        for (;;) {
          await waitUnlessOver(readEveryMs, signal);
          if (signal.aborted) return;
          const connections = await readConnections("-Htnoip", ports, signal);
          if (connections !== undefined) waiting = { connections, at: clock.now() };
        }
      })();
      return {
        sample(_, sink) {
          if (waiting === undefined) return;
          const { connections, at } = waiting;
          waiting = undefined;
          const points = amqpPoints(connections, { nameOf: (it) => nameOf(proc, it), idleAfterMs }, at);
          points.forEach(sink);
          const names = new Set(points.map(({ tags }) => tags.process ?? ""));
          for (const name of seen) if (!names.has(name)) sink(noneLeft(name, at));
          for (const name of names) if (seen.size < MAX_NAMES) seen.add(name);
        },
      };
    },
  };
}

/** What had connections and has none any more says so: a line that just ended would look like an agent that is silent. */
function noneLeft(process: string, at: EpochMs) {
  return {
    measurement: "amqp",
    tags: { process },
    fields: { connections: { int: 0 }, idle_connections: { int: 0 } },
    at,
  };
}

/** With `p`, `ss` looks through the open files of all processes; undefined when it cannot be run or did not answer. */
async function readConnections(
  flags: "-Htnoi" | "-Htnoip",
  ports: readonly number[],
  signal: AbortSignal,
): Promise<readonly AmqpConnection[] | undefined> {
  const filter = ports.flatMap((port) => [`sport = :${port}`, `dport = :${port}`]).join(" or ");
  const reader = createSsReader();
  const args = [flags, "state", "established", `( ${filter} )`];
  const isDone = await createLineRunner(signal)({ file: "ss", args }, reader.line);
  return isDone ? reader.connections() : undefined;
}

/** As the process is called among the processes of this host. */
function nameOf(proc: ProcReader, { pid, program }: AmqpConnection): string {
  const stat = pid === undefined ? undefined : parseProcessStat(pid, proc.text(`/proc/${pid}/stat`) ?? "", 1);
  if (stat === undefined) return program ?? "";
  const commandLine = proc.text(`/proc/${pid}/cmdline`) ?? "";
  return processName({ ...stat, commandLine, program: () => undefined }).comm;
}
