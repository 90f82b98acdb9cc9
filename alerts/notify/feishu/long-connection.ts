import type { Log } from "../../../core/log.ts";
import type { Timers } from "../../timers.ts";
import { retryDelayMs } from "../pace.ts";
import type { LongConnection, LongConnectionStatus } from "./app-port.ts";

/** A connection as the SDK keeps it: it comes back by itself after a loss, and gives up for ever after a refusal. */
export interface SdkSocket {
  close(): void;
}

export interface SocketEvents {
  ready(): void;
  lost(): void;
  /** It goes on by itself. */
  troubled(detail: string): void;
  /** It does not. */
  failed(detail: string, hint: string | undefined): void;
}

/**
 * Keeps one connection open until it is stopped or the signal aborts. What the SDK gives up is opened anew after a pause that doubles from a second
 * to five minutes: it takes "system busy" for the end, and a wrong secret may be put right.
 */
export function keepConnected(deps: {
  readonly open: (events: SocketEvents) => Promise<SdkSocket>;
  readonly timers: Timers;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Pick<LongConnection, "status"> & { stop(): void } {
  const { log, signal } = deps;
  let status: LongConnectionStatus = { state: "connecting", lastError: undefined, hint: undefined };
  let socket: SdkSocket | undefined;
  let attempts = 0;
  let generation = 0;
  let cancelTimer = () => {};

  const open = () => {
    const own = ++generation;
    const isOld = () => own !== generation;
    const events: SocketEvents = {
      ready: () => {
        if (isOld()) return;
        attempts = 0;
        status = { state: "connected", lastError: undefined, hint: undefined };
        log.info({}, "Feishu long connection open");
      },
      lost: () => {
        if (!isOld()) status = { ...status, state: "reconnecting" };
      },
      troubled: (detail) => {
        if (!isOld()) status = { ...status, lastError: detail };
      },
      failed: (detail, hint) => {
        if (isOld()) return;
        generation++;
        socket?.close();
        socket = undefined;
        attempts++;
        const inMs = retryDelayMs(attempts, deps.random());
        status = { state: "failed", lastError: detail, hint };
        log.warn({ detail, hint, retry_in_ms: Math.round(inMs) }, "Feishu long connection refused");
        cancelTimer = deps.timers.after(inMs, open);
      },
    };
    deps.open(events).then(
      (opened) => {
        if (isOld()) opened.close();
        else socket = opened;
      },
      (error: unknown) => events.failed(String(error), undefined),
    );
  };
  const stop = () => {
    if (status.state === "stopped") return;
    signal.removeEventListener("abort", stop);
    generation++;
    cancelTimer();
    socket?.close();
    socket = undefined;
    status = { ...status, state: "stopped" };
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  else open();
  return { status: () => status, stop };
}
