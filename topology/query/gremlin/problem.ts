import { OperatorError } from "../../../core/errors.ts";

/** A query that cannot be read or evaluated. `position` counts characters of the text from 0. */
export function badQuery(position: number, message: string, hint = HINT): OperatorError {
  return new OperatorError({
    code: "gremlin.invalid",
    message: `${message} (at character ${position + 1})`,
    hint,
    status: 400,
  });
}

export function cannotFollow(step: { readonly name: string; readonly position: number }, what: string): OperatorError {
  return badQuery(step.position, `${step.name} cannot follow ${what}`);
}

const HINT = "docs/gremlin.md lists the steps and predicates, for example G.V().Has('Type', 'host').Count()";

export function tooExpensive(message: string): OperatorError {
  return new OperatorError({
    code: "topology.query_too_expensive",
    message,
    hint: "narrow it down first: Has on an id, Type, Name, Host, MAC, IP or port id uses an index; Limit ends a search early",
    status: 422,
  });
}
