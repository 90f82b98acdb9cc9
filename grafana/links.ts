import { DashboardLinkBuilder, DashboardLinkType } from "@grafana/grafana-foundation-sdk/dashboard";
import type { CapacityView, PanelSpec, VariableSpec } from "./panel.ts";

/** The variable that says where people open Nephoscope's own page. */
export const PAGE_VARIABLE = "nephoscope_url";
const label = (tag: string) => `\${__field.labels.${tag}}`;

/**
 * From a moment of a series to the topology then: its host, and its machine where the panel tells machines apart. Of capacity first to
 * the page that says when it runs out, which is of now.
 */
export function linksOf({ queries, capacity }: PanelSpec): readonly DashboardLinkBuilder[] {
  const perHost = queries.every(({ per }) => per !== "cluster");
  const perMachine = queries.every(({ by }) => by.includes("vm_id"));
  const address = pageAddress("", {
    cluster: label("cluster"),
    host: perHost ? label("host") : undefined,
    sel: perMachine ? `vm/${label("vm_id")}` : undefined,
    at: "${__value.time}",
  });
  const topology = new DashboardLinkBuilder("Topology at this moment").url(address).targetBlank(true);
  if (capacity === undefined) return [topology];
  const page = capacityAddress(capacity, label("cluster"));
  return [new DashboardLinkBuilder("Capacity, and when it runs out").url(page).targetBlank(true), topology];
}

/** From a dashboard to the topology at the end of the time it shows. */
export function linkToTopology(variables: readonly VariableSpec[]): DashboardLinkBuilder {
  return linkToPage("Topology")
    .tooltip("Nephoscope's own page at the end of the time shown")
    .url(pageAddress("", { cluster: chosen(variables, "cluster"), host: chosen(variables, "host"), at: "${__to}" }));
}

/** From a dashboard that shows some of it to all of capacity. */
export function linkToCapacity(variables: readonly VariableSpec[]): DashboardLinkBuilder {
  return linkToPage("Capacity")
    .tooltip("What runs out when, on Nephoscope's own page")
    .url(capacityAddress("overview", chosen(variables, "cluster")));
}

function linkToPage(title: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).icon("external link").targetBlank(true);
}

/** The value of a variable, where it has one. */
function chosen(variables: readonly VariableSpec[], tag: string): string | undefined {
  return variables.some((it) => it.tag === tag && !it.multi) ? `\${${tag}}` : undefined;
}

function capacityAddress(view: CapacityView, cluster: string | undefined): string {
  return pageAddress("capacity", { cluster, cap: view === "overview" ? undefined : view });
}

/** As web/ui/app/view-search.ts reads it. */
function pageAddress(
  path: "" | "capacity",
  search: { readonly [Name in "cluster" | "host" | "sel" | "at" | "cap"]?: string | undefined },
): string {
  const parts = Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return `\${${PAGE_VARIABLE}}/${path}${parts.length === 0 ? "" : "?"}${parts.join("&")}`;
}
