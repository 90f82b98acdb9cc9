import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { OperatorError } from "../../core/errors.ts";
import type { BodyWriter, LaterReason } from "../ingest/write-body.ts";
import type { PullProblem } from "./problem.ts";

const gzipAsync = promisify(gzip);

/** Text of one body: what is read in one go by whoever takes it out of the spool. */
const BODY_CHARACTERS = 512 * 1024;

/** Lines of one round, in bodies. */
export class RoundLines {
  readonly #bodies: string[][] = [[]];
  #characters = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(line: string): void {
    if (this.#characters + line.length > BODY_CHARACTERS && this.#characters > 0) {
      this.#bodies.push([]);
      this.#characters = 0;
    }
    this.#count++;
    this.#characters += line.length + 1;
    this.#bodies.at(-1)?.push(line);
  }

  /** In the order they were added, each put together when it is asked for. */
  *bodies(): Iterable<string> {
    for (const lines of this.#bodies) if (lines.length > 0) yield `${lines.join("\n")}\n`;
  }
}

export interface PullWriter {
  /**
   * Makes the lines durable, in times of milliseconds. A problem when some were not: a full spool takes none of them, and they
   * are dropped, since there will be newer ones at the next round.
   */
  write(lines: RoundLines): Promise<PullProblem | undefined>;
  readonly counts: PullWriteCounts;
}

export interface PullWriteCounts {
  /** Bodies dropped because the spool was full or slow or could not be written. */
  droppedBodies: number;
}

/** Writes what was pulled the way everything goes: checked, into the spool, from there to the stores. */
export function createPullWriter(bodies: Pick<BodyWriter, "write">): PullWriter {
  const counts: PullWriteCounts = { droppedBodies: 0 };
  const writeBody = async (text: string): Promise<PullProblem | undefined> => {
    // The spool keeps bodies as they come; lines of one target shrink to a tenth.
    const bytes = await gzipAsync(text, { level: 1 });
    const outcome = await bodies.write({
      bytes,
      encoding: "gzip",
      precision: "ms",
      identity: { kind: "loopback" },
      numbered: undefined,
    });
    switch (outcome.kind) {
      case "durable":
        return undefined;
      case "refused":
        return { reason: outcome.message, hint: "leave those metrics out with exclude; the others are taken" };
      case "later":
        counts.droppedBodies++;
        return { ...DROPPED[outcome.reason], isLost: true };
    }
  };
  return {
    counts,
    write: async (lines) => {
      let problem: PullProblem | undefined;
      for (const text of lines.bodies()) {
        try {
          problem = (await writeBody(text)) ?? problem;
        } catch (error) {
          if (!(error instanceof OperatorError)) throw error;
          counts.droppedBodies++;
          problem = { reason: error.message, hint: error.hint, isLost: true };
        }
      }
      return problem;
    },
  };
}

const DROPPED: Readonly<Record<LaterReason, PullProblem>> = {
  spool_full: {
    reason: "the spool is full: what was read is dropped",
    hint: "a store the spool feeds is behind; look at it, or give metrics.spool_megabytes more",
  },
  disk_slow: {
    reason: "the disk of the spool is slow: what was read is dropped",
    hint: "look at what else writes to that disk, or give the data folder a faster one",
  },
  busy: {
    reason: "too many bodies are being written: what was read is dropped",
    hint: "the collector has more to write than it can; give it more processors, or raise the intervals",
  },
};
