import { type Breach, type Since, type Transition, transitionOf } from "./breach-set.ts";
import type { OutsideJudge } from "./findings.ts";
import type { Subject } from "./invariant.ts";

/** Breaches of invariants that are judged elsewhere, as transitions like those of our own. */
export class OutsideBreaches {
  readonly #tell: (transition: Transition) => void;
  readonly #byJudge = new Map<OutsideJudge, Map<Subject, Breach>>();

  constructor(tell: (transition: Transition) => void) {
    this.#tell = tell;
  }

  /** Returns how to stop. */
  watch(judge: OutsideJudge, now: () => Since): () => void {
    const breaches = new Map<Subject, Breach>();
    this.#byJudge.set(judge, breaches);
    return judge.watch((subject, verdict) => {
      const transition = transitionOf(judge, { subject, before: breaches.get(subject), verdict, at: now() });
      if (transition === undefined) return;
      if (transition.kind === "ended") breaches.delete(subject);
      else breaches.set(subject, transition.breach);
      this.#tell(transition);
    });
  }

  *breaches(): Iterable<Breach> {
    for (const breaches of this.#byJudge.values()) yield* breaches.values();
  }
}
