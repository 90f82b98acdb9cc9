// Entry of the bundle that `nephoscope agent` runs from; see docs/adr/0006-the-agent-is-bundled.md.
import { agentCommand } from "./commands/agent.ts";
import { processContext, runCommand } from "./run-command.ts";

runCommand("agent", agentCommand, process.argv.slice(2), processContext()).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    throw error;
  },
);
