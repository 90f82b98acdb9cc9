import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { HostEvent } from "../../core/host-event.ts";

/** One element as it was and as it is; one of the two may be missing, never both. */
export interface ElementChange {
  readonly id: ElementId;
  readonly before: Element | undefined;
  readonly after: Element | undefined;
}

/** What happened on a host at the moment its agent says so. The same happening has the same id, however often the day is played. */
export interface SaidEvent extends Omit<HostEvent, "at" | "key"> {
  readonly id: string;
}

/**
 * What one agent does at one moment, `atMs` milliseconds after the cloud began. A run is a sequence of these, whether it
 * comes from a cloud or from a recording; playing it and recording it are two ways to hear it.
 */
export type Utterance =
  /** The agent says hello. `elements` reads the whole state of its host as it is when it is called. */
  | (Common & {
      readonly kind: "appears";
      readonly cluster: string | undefined;
      readonly bootId: string;
      readonly memory: Memory;
      readonly elements: () => readonly Element[];
    })
  | (Common & { readonly kind: "changes"; readonly changes: readonly ElementChange[] })
  | (Common & { readonly kind: "events"; readonly events: readonly SaidEvent[] })
  /** `stopped`: the agent said goodbye. `cut`: it is gone from one moment to the next. */
  | (Common & { readonly kind: "falls-silent"; readonly how: "stopped" | "cut" })
  | (Common & { readonly kind: "clock"; readonly skewMs: number })
  /** Line protocol without a time; the time is `sampledMs` after the cloud began. */
  | (Common & { readonly kind: "metrics"; readonly sampledMs: number; readonly lines: readonly string[] });

/**
 * What an agent that says hello knows of what the collector has. `nothing`: it is a new process, as after a reboot.
 * `kept`: only the connection was lost. `state`: it takes what is now for what the collector has, and is told if not:
 * so the agents of a whole cloud begin, and a simulator that was restarted finds that they agree.
 */
export type Memory = "nothing" | "kept" | "state";

interface Common {
  readonly atMs: number;
  readonly host: string;
}
