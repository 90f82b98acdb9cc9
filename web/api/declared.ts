import { type Static, Type } from "typebox";
import type { Attributes } from "../../core/element.ts";
import { AttributesSchema, ElementSchema } from "./topology.ts";

const attributes = Type.Optional(Type.Unsafe<Attributes>(AttributesSchema));

/** What people say there is, and no agent sees: a switch, a rack, a cable, a note. The id is in the path. */
export const Declaration = Type.Union([
  Type.Object({ kind: Type.String(), from: Type.String(), to: Type.String(), attributes }),
  Type.Object({ kind: Type.String(), name: Type.String(), parent: Type.Optional(Type.String()), attributes }),
]);
export type Declaration = Static<typeof Declaration>;

export const DeclarationResponse = Type.Object({
  element: ElementSchema,
  /** The revision that recorded it; absent when nothing changed. */
  revision: Type.Optional(Type.Number()),
});
export type DeclarationResponse = Static<typeof DeclarationResponse>;

export const DeclaredResponse = Type.Object({ cluster: Type.String(), elements: Type.Array(ElementSchema) });
export type DeclaredResponse = Static<typeof DeclaredResponse>;

export const WithdrawnResponse = Type.Object({
  /** The element, and what was declared of it: what stands below it, and links that start or end there. */
  removed: Type.Array(Type.String()),
  revision: Type.Optional(Type.Number()),
});
export type WithdrawnResponse = Static<typeof WithdrawnResponse>;
