import { type ChildProcess, spawn } from "node:child_process";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { commandEnvironment, ipCommand } from "./ip-command.ts";
import { eachLine } from "./lines.ts";
import { isMadeByKernel, isRouteLine } from "./route-line.ts";
import { startedChild } from "./started-child.ts";

/** What a line of `ip monitor` makes dirty. The text says no more than that: what is now is read with `ip -j`. */
export type MonitorEvent =
  /** Something in the monitor's own namespace. */
  | { readonly kind: "here"; readonly of: Subject }
  /** Something in the namespace with this number. */
  | { readonly kind: "there"; readonly nsid: number; readonly of: Subject }
  /** A namespace came, went or was given a number. */
  | { readonly kind: "inventory" }
  /** Nobody listened for a while, or the kernel dropped events: anything may have changed. */
  | { readonly kind: "lost" };

export type Subject = "link" | "address" | "route";

/** `ip monitor` does not say when it has begun to listen; this long after its start it surely has. */
const LISTENING_AFTER_MS = 1_000;

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 10_000;

/** Parses one line of `ip -o monitor`, with or without the prefix that `all-nsid` makes. */
export function parseMonitorLine(line: string): readonly MonitorEvent[] {
  const [, where, rest = ""] = /^(?:\[nsid (current|-?\d+)\])?(.*)$/s.exec(line) ?? [];
  if (rest === "") return [];
  if (/^(Deleted )?nsid /.test(rest)) return [{ kind: "inventory" }];
  const of = subjectOf(rest);
  // They come with each address, which has a line of its own.
  if (of === "route" && isMadeByKernel(rest)) return [];
  const event: MonitorEvent =
    where === undefined || where === "current" ? { kind: "here", of } : { kind: "there", nsid: Number(where), of };
  return / new-(netns|nsid|netnsid|ifindex) /.test(rest) ? [event, { kind: "inventory" }] : [event];
}

/** What cannot be told is taken for a link: that is what is read most of. */
function subjectOf(line: string): Subject {
  if (isRouteLine(line)) return "route";
  return /^(?:Deleted )?\d+: \S+ +inet6? /.test(line) ? "address" : "link";
}

export interface MonitorOptions {
  /** Undefined: the host's own namespace, and every one that has a number there. */
  readonly namespacePath: string | undefined;
  /** See `leashWords`. */
  readonly leash: readonly string[];
  readonly onEvent: (event: MonitorEvent) => void;
}

export interface IpMonitor {
  /** The process, which lives in the namespace it watches; undefined while there is none. */
  pid(): number | undefined;
}

/** Keeps `ip monitor` running until the lifetime ends; started again with growing delays when it dies. */
export function startIpMonitor(options: MonitorOptions, log: Log, lifetime: Lifetime): IpMonitor {
  const scope = options.namespacePath === undefined ? ["all-nsid"] : [];
  const command = ipCommand(["-o", "monitor", ...scope, "link", "address", "route", "nsid"], options.namespacePath);
  const [file = command.file, ...args] = [...options.leash, command.file, ...command.args];
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let listening: NodeJS.Timeout | undefined;
  let restartMs = FIRST_RESTART_MS;

  function start(): void {
    let ended = false;
    const onEnd = (reason: object) => {
      if (ended || lifetime.isOver) return;
      ended = true;
      clearTimeout(listening);
      log.warn({ ...reason, namespace: options.namespacePath, restart_ms: restartMs }, "ip monitor ended");
      timer = setTimeout(start, restartMs);
      restartMs = Math.min(restartMs * 2, LAST_RESTART_MS);
    };
    const started = startedChild(() =>
      spawn(file, args, { env: commandEnvironment(), stdio: ["ignore", "pipe", "pipe"] }),
    );
    if (started instanceof Error) {
      onEnd({ error: started.message });
      return;
    }
    child = started;
    // Whatever happened before somebody listened is found by reading everything once more.
    listening = setTimeout(() => options.onEvent({ kind: "lost" }), LISTENING_AFTER_MS);
    eachLine(started.stdout, "latin1", (line) => {
      restartMs = FIRST_RESTART_MS;
      parseMonitorLine(line).forEach(options.onEvent);
    });
    // `ip` says here that the socket's buffer ran over, that is, that events were lost.
    started.stderr.on("data", () => options.onEvent({ kind: "lost" }));
    started.on("error", (error) => onEnd({ error: error.message }));
    started.on("close", (code) => onEnd({ code }));
  }

  lifetime.defer("ip monitor", () => {
    clearTimeout(timer);
    clearTimeout(listening);
    child?.kill();
  });
  start();
  return { pid: () => child?.pid };
}
