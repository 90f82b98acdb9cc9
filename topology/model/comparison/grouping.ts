import type { ElementId } from "../../../core/element-id.ts";
import type { Cause, Row } from "./comparison.ts";

export interface GroupDraft {
  cause: Cause;
  readonly members: Row[];
}

/** Who is in which group so far. The first to claim an id has it. */
export class Grouping {
  readonly #groups = new Set<GroupDraft>();
  readonly #byId = new Map<ElementId, GroupDraft>();
  readonly #twins: ReadonlySet<ElementId>;

  /** `twins`: ids that have two rows, one of what went and one of what came. */
  constructor(twins: ReadonlySet<ElementId>) {
    this.#twins = twins;
  }

  open(cause: Cause): GroupDraft {
    const group: GroupDraft = { cause, members: [] };
    this.#groups.add(group);
    return group;
  }

  /** A second row of an id goes where the first one is. */
  put(row: Row, group: GroupDraft): void {
    const owner = this.#byId.get(row.id) ?? group;
    owner.members.push(row);
    if (owner === group) this.#byId.set(row.id, owner);
  }

  has(row: Row): boolean {
    const group = this.#byId.get(row.id);
    return group !== undefined && (!this.#twins.has(row.id) || group.members.includes(row));
  }

  groupOf(id: ElementId): GroupDraft | undefined {
    return this.#byId.get(id);
  }

  /** All of one group into another; the one is gone then. */
  join(group: GroupDraft, into: GroupDraft): void {
    for (const row of group.members) {
      into.members.push(row);
      this.#byId.set(row.id, into);
    }
    this.#groups.delete(group);
  }

  groups(): Iterable<GroupDraft> {
    return this.#groups;
  }
}
