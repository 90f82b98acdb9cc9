import { messageOf, OperatorError } from "../core/errors.ts";

// Nothing was recorded: who said it may say it again.

export function busy(): OperatorError {
  return new OperatorError({
    code: "recorder.busy",
    message: "more topology changes are waiting to be written than the recorder holds",
    hint: "send it again in a few seconds; if this lasts, the disk of the topology store is too slow",
    status: 503,
  });
}

export function commitFailed(cause: unknown): OperatorError {
  return new OperatorError({
    code: "recorder.commit_failed",
    message: `the topology store failed: ${messageOf(cause)}`,
    hint: "look at the collector's log; nothing of that commit was recorded, agents send it again",
    status: 503,
  });
}

export function stopped(): OperatorError {
  return new OperatorError({
    code: "recorder.stopped",
    message: "the collector is stopping",
    hint: "send it again when the collector is back",
    status: 503,
  });
}
