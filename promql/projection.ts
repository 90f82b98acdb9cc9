import type { Computing } from "./evaluation.ts";
import type { LabelsId, LabelTable } from "./label-table.ts";
import { grown } from "./label-table.ts";
import { omitLabels, pickLabels } from "./labels.ts";

const SLICE = 256;

/** Which id labels have when only some of them count; worked out once for each id. */
export class Projection {
  readonly #table: LabelTable;
  readonly #keeps: boolean;
  readonly #names: readonly string[];
  /** One more than the id; 0 is not known yet. */
  #known: Int32Array = new Int32Array(0);

  constructor(table: LabelTable, keeps: boolean, names: readonly string[]) {
    this.#table = table;
    this.#keeps = keeps;
    this.#names = names;
  }

  async all(ids: Int32Array, { budget, memory }: Pick<Computing, "budget" | "memory">): Promise<Int32Array> {
    const projected = memory.ints(ids.length);
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? 0;
      const known = this.#known[id] ?? 0;
      projected[i] = known > 0 ? known - 1 : this.of(id);
      // Those not known before count themselves.
      if (i % SLICE === SLICE - 1 && budget.work(SLICE)) await budget.breathe();
    }
    return projected;
  }

  of(id: LabelsId): LabelsId {
    const known = this.#known[id] ?? 0;
    if (known > 0) return known - 1;
    const labels = this.#table.labelsOf(id);
    const kept = this.#keeps ? pickLabels(labels, this.#names) : omitLabels(labels, this.#names);
    const projected = this.#table.intern(kept);
    if (id >= this.#known.length) this.#known = grown(this.#known, id);
    this.#known[id] = projected + 1;
    return projected;
  }
}
