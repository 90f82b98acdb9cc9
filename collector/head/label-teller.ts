import type { Labels } from "../../core/series.ts";
import type { LabelSpace } from "../../core/series-block.ts";
import type { FromHead } from "./messages.ts";

/** So many at a time are few milliseconds of the thread that receives them. */
const LABELS_PER_MESSAGE = 1_000;

/** Tells labels of ids once, before the blocks that need them, and no faster than they are taken. */
export class LabelTeller {
  readonly #send: (message: FromHead) => void;
  #told = new Uint8Array(1_024);
  #messages = 0;
  readonly #waiting = new Map<number, () => void>();
  #telling: Promise<void> = Promise.resolve();

  constructor(send: (message: FromHead) => void) {
    this.#send = send;
  }

  /** Resolves when the labels of all these ids are known. */
  tell(ids: Int32Array, space: LabelSpace): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tell(ids, space));
    return this.#telling;
  }

  /** As `tell`, of ids that mean something in the answer to one question only: they are told whenever they are asked for. */
  tellFor(question: number, ids: Int32Array, space: LabelSpace): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tell(ids, space, question));
    return this.#telling;
  }

  known(message: number): void {
    this.#waiting.get(message)?.();
    this.#waiting.delete(message);
  }

  async #tell(ids: Int32Array, space: LabelSpace, question?: number): Promise<void> {
    let some: { ids: number[]; labels: Labels[] } = { ids: [], labels: [] };
    for (const id of ids) {
      if (question === undefined && this.#told[id] === 1) continue;
      if (question === undefined) this.#markTold(id);
      some.ids.push(id);
      some.labels.push(space.labelsOf(id));
      if (some.ids.length < LABELS_PER_MESSAGE) continue;
      await this.#deliver(some, question);
      some = { ids: [], labels: [] };
    }
    if (some.ids.length > 0) await this.#deliver(some, question);
  }

  #deliver(
    some: { readonly ids: readonly number[]; readonly labels: readonly Labels[] },
    question: number | undefined,
  ): Promise<void> {
    const id = this.#messages++;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    this.#send({ kind: "labels", id, question, ...some });
    return promise;
  }

  #markTold(id: number): void {
    if (id >= this.#told.length) {
      const told = new Uint8Array(Math.max(id + 1, 2 * this.#told.length));
      told.set(this.#told);
      this.#told = told;
    }
    this.#told[id] = 1;
  }
}
