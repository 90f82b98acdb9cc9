import { renameSync, writeFileSync } from "node:fs";
import type { Utterance } from "../day/utterance.ts";
import { attempt, headLine, type LineSink, openLineFile, utteranceLine } from "../recording/write.ts";
import type { Truth } from "../scenarios/scenario.ts";
import type { RunOptions } from "./options.ts";
import type { Source } from "./source.ts";

/** The files of a run, and its standard output when it is offline. */
export interface Outputs {
  write(utterance: Utterance): void;
  truths(truths: readonly Truth[]): void;
  close(): void;
}

/** Errors: OperatorError `simulate.file`. */
export function openOutputs(options: RunOptions, source: Source, print: (line: string) => void): Outputs {
  const isPrinted = options.collector === undefined && options.recordFile === undefined;
  const printed: LineSink | undefined = isPrinted ? { write: print, close: () => {} } : undefined;
  const sink = options.recordFile === undefined ? printed : openLineFile(options.recordFile);
  sink?.write(headLine({ seed: source.seed, began_at: source.beganAt }));
  let known = -1;
  return {
    write: (utterance) => sink?.write(utteranceLine(utterance)),
    truths(truths) {
      if (options.truthFile === undefined || truths.length === known) return;
      known = truths.length;
      writeWhole(options.truthFile, `${JSON.stringify({ seed: source.seed, faults: truths }, undefined, 2)}\n`);
    },
    close: () => sink?.close(),
  };
}

/** Whoever reads it finds the old file or the new one, never a part. */
function writeWhole(path: string, text: string): void {
  attempt(path, () => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  });
}
