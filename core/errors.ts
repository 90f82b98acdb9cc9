/**
 * Something an operator can act on: a broken dependency, a bad configuration, a refused request.
 * `message` says what is wrong, `hint` says what to do. Bugs are ordinary errors and end the process, or the part of it that has them to itself: a probe, a request.
 */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  /** Stable, dotted, lower case: `store.damaged`, `config.invalid`, `agent.protocol_unknown`. */
  readonly code: string;
  readonly hint: string;
  /** HTTP status when it reaches a client of the API. */
  readonly status: number;

  constructor(fields: { code: string; message: string; hint: string; status?: number; cause?: unknown }) {
    super(fields.message, { cause: fields.cause });
    this.code = fields.code;
    this.hint = fields.hint;
    this.status = fields.status ?? 500;
  }
}

/** The text of whatever was thrown, for messages that wrap it. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
