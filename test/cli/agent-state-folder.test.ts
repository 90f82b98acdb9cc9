import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { agentStateFolder } from "../../cli/agent-state-folder.ts";

test.each([
  [{}, true, "/var/lib/nephoscope/agent"],
  [{}, false, join(homedir(), ".local/state/nephoscope/agent")],
  [{ XDG_STATE_HOME: "/s" }, false, "/s/nephoscope/agent"],
  [{ XDG_STATE_HOME: "/s" }, true, "/s/nephoscope/agent"],
  [{ STATE_DIRECTORY: "/var/lib/nephoscope:/var/lib/other" }, true, "/var/lib/nephoscope/agent"],
])("with %j, root %s, the state is in %s", (env, isRoot, folder) => {
  expect(agentStateFolder(env, isRoot)).toBe(folder);
});
