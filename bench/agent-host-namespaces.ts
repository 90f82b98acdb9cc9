import { command, standing } from "./agent-host-command.ts";
import { randomId, SEED } from "./agent-host-ports.ts";
import { seeded } from "./collector-figures.ts";

/** Network namespaces as Neutron names them, with a pair of interfaces and a process in each. */
export async function startNamespaces(count: number): Promise<void> {
  const random = seeded(SEED + 1_000);
  for (let index = 0; index < count; index++) {
    const id = randomId(random);
    const name = index % 2 === 0 ? `qrouter-${id}` : `qdhcp-${id}`;
    const device = `${index % 2 === 0 ? "qr-" : "tap"}${id.slice(0, 11)}`;
    await command("ip", "netns", "add", name);
    await command("ip", "-n", name, "link", "add", device, "type", "veth", "peer", "name", "peer");
    await command("ip", "-n", name, "link", "set", device, "up");
    standing("ip", "netns", "exec", name, "busybox", "sleep", "8640000");
  }
}
