import type { TraceContext } from "../../core/trace.ts";
import type { IncidentRecord } from "../incident.ts";

/** Where messages go. It sends once; the outbox decides about trying again. */
export interface Receiver {
  readonly name: string;
  readonly limits: SendLimits;
  /**
   * Sends one message: about the one notice, or a summary of several. Settles within its own time limit, and soon
   * when the signal aborts. What it returns holds no secrets. `trace` goes along where it can.
   */
  send(notices: readonly Notice[], signal: AbortSignal, trace: TraceContext): Promise<SendOutcome>;
}

export interface SendLimits {
  readonly perSecond: number;
  readonly perMinute: number;
}

export interface Notice {
  readonly event: "fired" | "resolved";
  readonly incident: IncidentRecord;
}

export type SendOutcome =
  | { readonly kind: "sent" }
  /** Not now; `afterMs` is what the receiver asked for. */
  | { readonly kind: "retry"; readonly reason: string; readonly hint?: string; readonly afterMs?: number }
  /** It will not take this message, whatever we wait. */
  | { readonly kind: "rejected"; readonly reason: string; readonly hint: string }
  /** It will take nothing until somebody repairs the configuration. */
  | { readonly kind: "misconfigured"; readonly reason: string; readonly hint: string };
