import { type BatchReply, MAX_ELEMENTS_PER_BATCH, type VolatileState, type VolatileValues } from "./agent-protocol.ts";
import { isVolatile, volatileOf } from "./attribute-class.ts";
import type { Attributes, Element } from "./element.ts";

/** The collector wants the rest later; until then there may be something else to say. */
export interface Postponed {
  readonly kind: "postponed";
}

/** An agent's side of `volatile` of the agent protocol, one for all its sessions: says when, and in which parts. */
export class VolatileTelling {
  readonly #onDue: () => void;
  #isDue = false;
  #retry: NodeJS.Timeout | undefined;

  /** `onDue` is called when the collector's `later` has passed. */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** A session begins: whether the collector wants to be told. */
  begin(isWanted: boolean): void {
    this.stop();
    this.#isDue = isWanted;
  }

  /**
   * All parts, in order, as `elements` are now; the answer to the last one, or the first that is no acknowledgement.
   * Nothing else may be sent meanwhile, or older values would overtake newer ones.
   */
  async tell(
    elements: readonly Element[],
    send: (part: Pick<VolatileState, "last" | "values">) => Promise<BatchReply>,
  ): Promise<BatchReply | Postponed> {
    this.#isDue = false;
    const parts = volatileParts(elements);
    for (const [index, values] of parts.entries()) {
      const last = index === parts.length - 1;
      const reply = await send({ last, values });
      if (reply.kind === "later") return this.#postpone(reply.retry_after_ms);
      if (last || reply.kind === "refused") return reply;
    }
    return { kind: "postponed" };
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#isDue = false;
  }

  #postpone(afterMs: number): Postponed {
    this.#retry = setTimeout(() => {
      this.#isDue = true;
      this.#onDue();
    }, afterMs).unref();
    return { kind: "postponed" };
  }
}

/** The volatile attributes of a host in as many parts as are told; one empty part when there are none. */
export function volatileParts(
  elements: readonly Element[],
  maxElements: number = MAX_ELEMENTS_PER_BATCH,
): readonly VolatileValues[] {
  const having = elements.filter(({ attributes }) => Object.keys(attributes).some(isVolatile));
  const parts: VolatileValues[] = [];
  for (let from = 0; from === 0 || from < having.length; from += maxElements) {
    const values: Record<string, Attributes> = {};
    for (const { id, attributes } of having.slice(from, from + maxElements)) values[id] = volatileOf(attributes);
    parts.push(values);
  }
  return parts;
}
