import { DashboardLinkBuilder, DashboardLinkType } from "@grafana/grafana-foundation-sdk/dashboard";
import type { PanelSpec, VariableSpec } from "./panel.ts";

/** The variable that says where people open Nephoscope's own page. */
export const PAGE_VARIABLE = "nephoscope_url";
const PAGE = `\${${PAGE_VARIABLE}}/`;
const label = (tag: string) => `\${__field.labels.${tag}}`;

/** From a moment of a series to the topology then: its host, and its machine where the panel tells machines apart. */
export function linksToTopology({ queries }: PanelSpec): readonly DashboardLinkBuilder[] {
  const perHost = queries.every(({ per }) => per !== "cluster");
  const perMachine = queries.every(({ by }) => by.includes("vm_id"));
  const address = topologyAddress({
    cluster: label("cluster"),
    host: perHost ? label("host") : undefined,
    sel: perMachine ? `vm/${label("vm_id")}` : undefined,
    at: "${__value.time}",
  });
  return [new DashboardLinkBuilder("Topology at this moment").url(address).targetBlank(true)];
}

/** From a dashboard to the topology at the end of the time it shows. */
export function linkToTopology(variables: readonly VariableSpec[]): DashboardLinkBuilder {
  const one = (tag: string) => (variables.some((it) => it.tag === tag && !it.multi) ? `\${${tag}}` : undefined);
  return new DashboardLinkBuilder("Topology")
    .type(DashboardLinkType.Link)
    .icon("external link")
    .tooltip("Nephoscope's own page at the end of the time shown")
    .url(topologyAddress({ cluster: one("cluster"), host: one("host"), at: "${__to}" }))
    .targetBlank(true);
}

/** As web/ui/app/view-search.ts reads it. */
function topologyAddress(
  search: Readonly<Record<"cluster" | "at" | "host", string | undefined>> & { sel?: string | undefined },
): string {
  const parts = Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return `${PAGE}?${parts.join("&")}`;
}
