import { type ElementId, elementIdOf, parseElementId } from "../../core/element-id.ts";

/** What follows `/elements/` in a request. */
export interface ElementPath {
  readonly id: ElementId;
  readonly view: "element" | "history" | "neighbours";
}

/**
 * Takes an id as one percent-encoded segment (`host%2Fc-1%2Fif%2Feth0`) or as it is written (`host/c-1/if/eth0`),
 * followed by nothing, `/history` or `/neighbours`. An id that itself ends so has to come as one segment.
 * `rest` is the raw, still encoded path. Undefined when there is no id in it.
 */
export function parseElementPath(rest: string): ElementPath | undefined {
  const match = /^(.+?)(?:\/(history|neighbours))?\/?$/.exec(rest);
  if (match?.[1] === undefined) return undefined;
  const id = parseIdPath(match[1]);
  const view = match[2] === "history" || match[2] === "neighbours" ? match[2] : "element";
  return id === undefined ? undefined : { id, view };
}

/** An id in a path, as one percent-encoded segment or as it is written. */
export function parseIdPath(rest: string): ElementId | undefined {
  return rest.includes("/") ? idOfSegments(rest.split("/")) : idOfOneSegment(rest);
}

function idOfOneSegment(segment: string): ElementId | undefined {
  const text = decoded(segment);
  return text === undefined ? undefined : parseElementId(text);
}

/** Decoded and encoded again, since clients differ in what they encode. */
function idOfSegments(segments: readonly string[]): ElementId | undefined {
  const raw = segments.map(decoded);
  if (!raw.every((segment) => segment !== undefined && segment !== "")) return undefined;
  return parseElementId(elementIdOf(...raw.filter((segment) => segment !== undefined)));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
