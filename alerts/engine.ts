import { type GroupDeps, GroupLoop } from "./group-loop.ts";
import type { AlertChange, ResolvedBecause } from "./lifecycle/alert-record.ts";
import { withdrawAll } from "./lifecycle/judge.ts";
import { ledgerChangeOf } from "./record-changes.ts";
import type { RuleFile } from "./rules/rule.ts";

/** Runs the groups of the rules in force. Loading new rules replaces them; the alerts of rules that stay go on. */
export class Engine {
  readonly #deps: GroupDeps;
  #file: RuleFile = { path: "", groups: [], recordingRules: [] };
  #loops: readonly GroupLoop[] = [];

  constructor(deps: GroupDeps) {
    this.#deps = deps;
  }

  get file(): RuleFile {
    return this.#file;
  }

  get loops(): readonly GroupLoop[] {
    return this.#loops;
  }

  /**
   * Puts rules in force. Alerts whose rule is gone resolve in one commit.
   * Errors: those of the commit; the rules before stay in force.
   */
  async load(file: RuleFile): Promise<void> {
    const before = this.#loops;
    await stopAll(before);
    try {
      const changes = this.#withdrawn(file);
      this.#deps.ledger.commit(ledgerChangeOf(changes, this.#deps.ledger, this.#deps));
      this.#file = file;
    } finally {
      this.#loops = this.#file.groups.map((group) => new GroupLoop(group, this.#deps));
      for (const loop of this.#loops) loop.start(before.find(({ group }) => group.name === loop.group.name));
    }
  }

  async stop(): Promise<void> {
    await stopAll(this.#loops);
  }

  #withdrawn(file: RuleFile): readonly AlertChange[] {
    const rules = file.groups.flatMap((group) => group.rules);
    const ids = new Set(rules.map(({ id }) => id));
    const names = new Set(rules.map(({ group, name }) => JSON.stringify([group, name])));
    const now = this.#deps.clock.now();
    return [...this.#deps.ledger.alerts.values()].flatMap((record) => {
      if (ids.has(record.ruleId)) return [];
      const isChanged = names.has(JSON.stringify([record.group, record.rule]));
      const because: ResolvedBecause = isChanged ? "rule_changed" : "rule_removed";
      return withdrawAll([record], because, now);
    });
  }
}

async function stopAll(loops: readonly GroupLoop[]): Promise<void> {
  await Promise.all(loops.map((loop) => loop.stop()));
}
