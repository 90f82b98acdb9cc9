import { connect } from "node:net";
import { messageOf, OperatorError } from "../../../core/errors.ts";

/** A daemon that is busy with a million routes answers late, but within this. */
const ANSWER_WITHIN_MS = 5_000;

/** The code of the error for an answer that is too large: it would hold the event loop while it is parsed. */
export const TOO_LARGE = "agent.frr_too_large";
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** An answer ends with these and one byte of status: 0 is success. */
const TERMINATOR_ZEROS = 3;

/** One of FRR's daemons, by its vty socket: `bgpd.vty`, `zebra.vty`. */
export interface Vty {
  /**
   * The answer to a command of `vtysh`; undefined when the daemon does not know it. One after the other. Throws an
   * OperatorError when it does not answer, answers more than 4 MiB or is gone; the connection is then over.
   */
  ask(command: string): Promise<string | undefined>;
  close(): void;
}

/**
 * Opens a vty socket; the protocol is that of lib/vty.c and vtysh/vtysh.c of FRR: a command and a NUL, answered by text, three
 * NUL and a status. Undefined when nobody listens there.
 */
export function connectVty(path: string, signal: AbortSignal): Promise<Vty | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, signal });
    socket.unref();
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EACCES") return resolve(undefined);
      reject(refused(path, cause));
    });
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      const vty = vtyOf(path, socket);
      // Commands of the view that shows everything; on these sockets it asks for no password.
      vty.ask("enable").then(
        () => resolve(vty),
        () => resolve(undefined),
      );
    });
  });
}

function vtyOf(path: string, socket: ReturnType<typeof connect>): Vty {
  let chunks: Buffer[] = [];
  let length = 0;
  let isOver = false;
  let asked: { resolve(answer: string | undefined): void; reject(error: OperatorError): void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function end(reason: string, code?: string): void {
    isOver = true;
    clearTimeout(timer);
    socket.destroy();
    asked?.reject(gone(path, reason, code));
    [asked, chunks] = [undefined, []];
  }

  socket.on("data", (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) return end(`answers more than ${MAX_ANSWER_BYTES} bytes`, TOO_LARGE);
    const status = statusOf(chunk, chunks);
    if (status === undefined) return;
    const text = Buffer.concat(chunks).toString("utf8", 0, length - TERMINATOR_ZEROS - 1);
    [chunks, length] = [[], 0];
    clearTimeout(timer);
    const { resolve } = asked ?? { resolve: () => {} };
    asked = undefined;
    resolve(status === 0 ? text : undefined);
  });
  socket.on("error", (error) => end(messageOf(error)));
  socket.on("close", () => end("closed"));

  function put(command: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (isOver) return reject(gone(path, "closed"));
      asked = { resolve, reject };
      timer = setTimeout(() => end(`does not answer \`${command}\``), ANSWER_WITHIN_MS).unref();
      socket.write(`${command}\0`);
    });
  }

  return {
    ask(command) {
      const answer = last.then(() => put(command));
      last = answer.catch(() => undefined);
      return answer;
    },
    close: () => end("closed"),
  };
}

/** Undefined while the answer is not complete. Only the end of what came is looked at: text of FRR has no NUL. */
function statusOf(newest: Buffer, chunks: readonly Buffer[]): number | undefined {
  const wanted = TERMINATOR_ZEROS + 1;
  const tail = newest.length >= wanted ? newest : Buffer.concat(chunks.slice(-wanted));
  if (tail.length < wanted) return undefined;
  const end = tail.subarray(tail.length - wanted);
  return end.subarray(0, TERMINATOR_ZEROS).every((byte) => byte === 0) ? end[TERMINATOR_ZEROS] : undefined;
}

function gone(path: string, reason: string, code = "agent.frr_unanswered"): OperatorError {
  return new OperatorError({
    code,
    message: `${path}: ${reason}`,
    hint: "see whether the daemon of FRR runs and answers `vtysh -c 'show version'`",
  });
}

function refused(path: string, cause: unknown): OperatorError {
  return new OperatorError({
    code: "agent.frr_refused",
    message: `${path} cannot be opened: ${messageOf(cause)}`,
    hint: "run the agent as root or in the group frrvty",
    cause,
  });
}
