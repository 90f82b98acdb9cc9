import type { Hinted } from "./pending-hints.ts";

/** What Nova is asked in a look at machines. */
export interface ServerQuestions {
  /** Records the machine as it is now; false when Nova does not show one with this id. */
  byId(id: string): Promise<boolean>;
  /** Records what changed since the round before, and what is gone since. The ids that are there and those that are gone. */
  changed(): Promise<{ readonly there: ReadonlySet<string>; readonly gone: ReadonlySet<string> }>;
}

/** Machines that are asked for one by one; of more Nova is asked what changed. */
const FEW = 5;

/**
 * Looks at the machines that hints name. That one is gone is believed of the list of changes alone: who is no administrator is not
 * shown by its id what he sees in lists (`servers:show` is another rule than `get_all_tenants`).
 */
export class ServerLook {
  #showsById = true;

  /** Whether the user may see machines by their ids is tried anew. */
  reset(): void {
    this.#showsById = true;
  }

  /** Resolves with the ids that are to be looked at later. */
  async at({ ids, all }: Hinted, questions: ServerQuestions): Promise<readonly string[]> {
    let left = [...ids];
    if (left.length === 0 && !all) return [];
    const isMany = all || left.length > FEW || !this.#showsById;
    if (isMany) {
      const { there, gone } = await questions.changed();
      left = left.filter((id) => !there.has(id) && !gone.has(id));
    }
    // What is not dated as a change, as a volume that was attached, shows by the id alone.
    if (!this.#showsById) return [];
    const absent: string[] = [];
    for (const id of left.slice(0, FEW)) if (!(await questions.byId(id))) absent.push(id);
    if (absent.length > 0 && !isMany) {
      const { there } = await questions.changed();
      if (absent.some((id) => there.has(id))) this.#showsById = false;
    }
    return left.slice(FEW);
  }
}
