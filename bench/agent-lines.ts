import { type PromisedLine, rowOf } from "./closing-table.ts";

/** What must be true of the agent on a host with 1,600 processes, 200 ports of Open vSwitch, 30 machines, 100,000 connections. */
export const AGENT_LINES: readonly PromisedLine[] = [
  { line: "CPU at 10 s, without the conntrack walk", bound: "<= 1 % of a core", found: rowOf("CPU without the walk") },
  { line: "CPU of the conntrack walk", bound: "<= 1 % of a core", found: rowOf("CPU of the walk") },
  { line: "resident", bound: "<= 80 MB", found: rowOf("resident") },
  { line: "event loop held", bound: "<= 50 ms", found: rowOf("event loop held") },
  { line: "gzip a sample", bound: "<= 5 KB", found: rowOf("gzip a sample") },
];
