import type { FullState } from "../../core/agent-protocol.ts";
import type { Element } from "../../core/element.ts";

/** The parts of one full state received so far. Grows in place: copying it for each part would cost their square. */
export interface FullAssembly {
  readonly batch: number;
  readonly parts: number;
  received: number;
  readonly elements: Element[];
}

export type AssemblyStep =
  | { readonly kind: "more"; readonly assembly: FullAssembly }
  | { readonly kind: "complete"; readonly elements: readonly Element[] }
  | { readonly kind: "out_of_order"; readonly expected: number };

/** Adds the next part to `assembly` itself; part 0 begins anew, whatever was there. */
export function addPart(assembly: FullAssembly | undefined, state: FullState): AssemblyStep {
  const { batch, part, parts } = state;
  const isContinued = part > 0 && assembly?.batch === batch && assembly.parts === parts;
  const grown: FullAssembly = isContinued ? assembly : { batch, parts, received: 0, elements: [] };
  if (part !== grown.received) return { kind: "out_of_order", expected: grown.received };
  for (const element of state.elements) grown.elements.push(element);
  grown.received++;
  return grown.received === parts ? { kind: "complete", elements: grown.elements } : { kind: "more", assembly: grown };
}
