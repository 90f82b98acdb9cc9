import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./agent-host-command.ts";
import type { BenchPort } from "./agent-host-ports.ts";

const TIMEOUT_SECONDS = 86_400;

/** Fills the connection tracking table of this network namespace: established TCP of the machines' addresses, in their zones. */
export async function fillConntrack(folder: string, count: number, ports: readonly BenchPort[]): Promise<void> {
  const of = ports.filter(({ neutron }) => neutron?.machine !== undefined);
  const lines = Array.from({ length: count }, (_, index) => {
    const port = of[index % of.length];
    const nth = Math.floor(index / of.length);
    const [source, sport] = [port?.neutron?.address ?? "10.0.0.9", 1_024 + (nth % 60_000)];
    const destination = `10.200.${(index >> 8) & 255}.${index & 255}`;
    return [
      `-A -w ${port?.tag ?? 1} -t ${TIMEOUT_SECONDS} -u ASSURED -s ${source} -d ${destination} -r ${destination} -q ${source}`,
      `-p tcp --sport ${sport} --dport 443 --reply-port-src 443 --reply-port-dst ${sport} --state ESTABLISHED`,
    ].join(" ");
  });
  const file = join(folder, "connections");
  await writeFile(file, `${lines.join("\n")}\n`);
  await command("conntrack", "-R", file);
}

export async function emptyConntrack(): Promise<void> {
  await command("conntrack", "-F");
}
