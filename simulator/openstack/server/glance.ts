import { images } from "../images.ts";
import { type Answer, type Call, json, list, partsOf, type Site } from "./call.ts";
import { unauthenticated } from "./refusals.ts";

// Glance, as far as a reader needs it. Source: OpenStack Image service API v2 reference.

const USUAL_LIMIT = 25;
const KNOWN = ["limit", "marker", "sort", "sort_key", "sort_dir", "status", "visibility", "name", "owner", "os_hidden"];

export function answerGlance(site: Site, call: Call): Answer {
  const [version, kind, one] = partsOf(call.path);
  if (version === undefined || version === "versions") {
    return json(version === undefined ? 300 : 200, { versions: [versionOf(site)] });
  }
  if (version !== "v2" || kind !== "images") return html(404, "Not Found", "The resource could not be found.");
  const given = call.headers["x-auth-token"];
  const token = site.tokens.find(typeof given === "string" ? given : undefined, call.now);
  if (token === undefined || token.scope.kind === "unscoped") {
    if (given === undefined) call.blame("no token was sent");
    return unauthenticated(site.urlOf("identity"));
  }
  if (call.method !== "GET") {
    call.blame(`${call.method} would change something`);
    return html(403, "Forbidden", "You are not authorized to complete this action.");
  }
  const all = images(site.estate.view);
  if (one !== undefined) {
    const found = all.find(({ id }) => id === one);
    return found === undefined ? html(404, "Not Found", `No image found with ID ${one}`) : json(200, found);
  }
  return answerImages(site, call, all);
}

/** Links are paths, without a host. */
function answerImages(site: Site, call: Call, all: ReturnType<typeof images>): Answer {
  const { query } = call;
  for (const name of query.keys())
    if (!KNOWN.includes(name)) call.blame(`query parameter ${name} filters by a property`);
  const limitText = query.get("limit");
  if (limitText !== null && !/^\d+$/.test(limitText)) return html(400, "Bad Request", "limit param must be an integer");
  const limit = Math.min(Number(limitText ?? USUAL_LIMIT), site.behaviour().mostPerPage.image);
  const filters = [...query].filter(([name]) => !["limit", "marker", "sort", "sort_key", "sort_dir"].includes(name));
  const matching = all.filter((image) => filters.every(([name, value]) => String(image[name]) === value));
  const marker = query.get("marker");
  const from = marker === null ? 0 : matching.findIndex(({ id }) => id === marker) + 1;
  if (marker !== null && from === 0) return html(404, "Not Found", `Image ${marker} could not be found`);
  const page = matching.slice(from, from + limit);
  const first = new URLSearchParams(query);
  first.delete("marker");
  const next = new URLSearchParams(query);
  next.set("marker", String(page.at(-1)?.id ?? ""));
  const link = (params: URLSearchParams) => (params.size === 0 ? "/v2/images" : `/v2/images?${params}`);
  return list("images", page, {
    schema: "/v2/schemas/images",
    first: link(first),
    ...(limit > 0 && page.length === limit ? { next: link(next) } : {}),
  });
}

function html(status: number, title: string, text: string): Answer {
  const page = `<html>\n <head>\n  <title>${status} ${title}</title>\n </head>\n <body>\n  <h1>${status} ${title}</h1>\n  ${text}<br /><br />\n\n\n\n </body>\n</html>`;
  return { status, headers: {}, body: { kind: "text", text: page, type: "text/html; charset=UTF-8" } };
}

function versionOf(site: Site) {
  const links = [{ rel: "self", href: `${site.urlOf("image")}/v2/` }];
  return { id: site.release().image, status: "CURRENT", links };
}
