import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { makeFolder } from "../../collector/spool/durable-file.ts";
import { messageOf, OperatorError } from "../../core/errors.ts";

/** Where each part keeps its files. */
export interface DataFolder {
  readonly path: string;
  readonly topology: string;
  readonly metrics: string;
  readonly state: string;
  /** Of the agent of this machine. */
  readonly agent: string;
  /** Of the four streams. */
  readonly logs: string;
}

/** Makes the folder when absent. Errors: `data.unwritable`. */
export function prepareDataFolder(configured: string): DataFolder {
  const path = resolve(configured);
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new OperatorError({
      code: "data.unwritable",
      message: `the data folder ${path} cannot be used: ${messageOf(cause)}`,
      hint: "give another one with --data, or let this user read and write it",
      cause,
    });
  }
  return {
    path,
    topology: join(path, "topology.duckdb"),
    metrics: join(path, "metrics"),
    state: join(path, "state.sqlite"),
    agent: join(path, "agent"),
    logs: join(path, "logs"),
  };
}
