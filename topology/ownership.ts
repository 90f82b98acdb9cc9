import { type Element, isLink } from "../core/element.ts";
import { agentId, type ElementId, hostId, isWithin } from "../core/element-id.ts";
import { OperatorError } from "../core/errors.ts";

/** Every element has one owner; who may say what about which element follows from its id. */
export type Owner =
  /** An agent: `host/<host>`, what stands below it, and links that start there. */
  | { readonly kind: "agent"; readonly host: string }
  /** The recorder itself, about the session of an agent: the node `agent/<host>`. */
  | { readonly kind: "recorder"; readonly host: string };

/** The `origin` of the owner's revisions; event times never go backwards within one origin. */
export function originOf(owner: Owner): string {
  return `${owner.kind}/${owner.host}`;
}

export function ownsId(owner: Owner, id: ElementId): boolean {
  switch (owner.kind) {
    case "agent":
      return isWithin(id, hostId(owner.host));
    case "recorder":
      return id === agentId(owner.host);
  }
}

/** The refusal for an element its owner may not write; undefined when it may. */
export function ownershipBrokenBy(owner: Owner, element: Element): OperatorError | undefined {
  if (!ownsId(owner, element.id)) return notOwner(owner, element.id);
  if (isLink(element)) return ownsId(owner, element.from) ? undefined : notOwner(owner, element.from);
  if (element.host !== undefined && element.host !== owner.host) {
    return refusal(owner, `${element.id} as an element of host ${element.host}`);
  }
  if (owner.kind === "agent" && element.id !== hostId(owner.host)) {
    const parent = element.parent;
    if (parent !== undefined && !ownsId(owner, parent)) return refusal(owner, `${element.id} below ${parent}`);
  }
  return undefined;
}

export function notOwner(owner: Owner, id: ElementId): OperatorError {
  return refusal(owner, id);
}

function refusal(owner: Owner, what: string): OperatorError {
  return new OperatorError({
    code: "topology.not_owner",
    message: `${originOf(owner)} may not write ${what}`,
    hint: `it may write host/${owner.host}, what stands below it, and links that start there`,
    status: 403,
  });
}
