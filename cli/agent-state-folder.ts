import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where `nephoscope agent` keeps what must outlive it when nothing is configured: where systemd says (`StateDirectory=`), else
 * /var/lib/nephoscope/agent for root, else below `$XDG_STATE_HOME` (~/.local/state).
 */
export function agentStateFolder(env: NodeJS.ProcessEnv, isRoot: boolean): string {
  const [ofSystemd] = (env.STATE_DIRECTORY ?? "").split(":");
  if (ofSystemd) return join(ofSystemd, "agent");
  if (isRoot && !env.XDG_STATE_HOME) return "/var/lib/nephoscope/agent";
  return join(env.XDG_STATE_HOME || join(homedir(), ".local/state"), "nephoscope/agent");
}
