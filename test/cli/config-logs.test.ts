import { expect, test } from "vitest";
import { checkLogs, logOptions } from "../../cli/config/agent-logs.ts";

const pattern = { name: "mine", expression: "x+ failed", severity: "warning", event: true } as const;

test("files and patterns become what the agent takes", () => {
  const files = [
    { path: "/srv/nova/*.log", format: "oslo" as const },
    { path: "/a", source: "b" },
  ];
  expect(checkLogs({ files, patterns: [pattern] })).toEqual([]);
  expect(logOptions({ files, patterns: [pattern] })).toEqual({
    files: [
      { glob: "/srv/nova/*.log", source: undefined, family: "oslo" },
      { glob: "/a", source: "b", family: undefined },
    ],
    patterns: [pattern],
  });
});

test("what cannot be taken is told by its place: all of it at once", () => {
  const patterns = [pattern, pattern, { ...pattern, name: "error" }, { ...pattern, name: "slow", expression: "(a+)+" }];
  const problems = checkLogs({ files: [{ path: "logs/*.log" }], patterns });
  expect(problems.map(({ path, message }) => `${path}: ${message.slice(0, 24)}`)).toEqual([
    "agent.logs.files.0.path: is not absolute",
    "agent.logs.patterns.1.name: there is another pattern",
    "agent.logs.patterns.2.name: there is another pattern",
    "agent.logs.patterns.3.expression: repeats a group that rep",
  ]);
});
