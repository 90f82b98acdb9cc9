import type { FullState } from "../../core/agent-protocol.ts";
import type { Element } from "../../core/element.ts";

/** The parts of one full state received so far. */
export interface FullAssembly {
  readonly batch: number;
  readonly parts: number;
  readonly received: number;
  readonly elements: readonly Element[];
}

export type AssemblyStep =
  | { readonly kind: "more"; readonly assembly: FullAssembly }
  | { readonly kind: "complete"; readonly elements: readonly Element[] }
  | { readonly kind: "out_of_order"; readonly expected: number };

/** Adds the next part; part 0 begins anew, whatever was there. */
export function addPart(assembly: FullAssembly | undefined, state: FullState): AssemblyStep {
  const { batch, part, parts } = state;
  const isContinued = assembly?.batch === batch && assembly.parts === parts;
  const expected = part === 0 || !isContinued ? 0 : assembly.received;
  if (part !== expected) return { kind: "out_of_order", expected };
  const elements = part === 0 ? state.elements : [...(assembly?.elements ?? []), ...state.elements];
  if (part === parts - 1) return { kind: "complete", elements };
  return { kind: "more", assembly: { batch, parts, received: part + 1, elements } };
}
