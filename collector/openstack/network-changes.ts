import { recordingTurns } from "../../topology/recording-turns.ts";
import { pagesOf } from "./api/pages.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt } from "./api/words.ts";
import { vmId } from "./elements/element-context.ts";
import { likelyGone, looksBetween } from "./gone.ts";
import { revisionOf } from "./network-inventory.ts";
import type { NetworkKind } from "./network-kinds.ts";
import type { Round } from "./round.ts";
import type { Teller } from "./teller.ts";

export interface NetworkChangesDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly maxObjects: number;
  takeGoneMachines(): readonly string[];
}

const IDS_A_PAGE = 1_000;
/** Objects that are asked for by their ids in one question: addresses have a bound of 8 KB. */
const IDS_A_QUESTION = 50;
const LOOK_BACK_MS = 60_000;
const LOOKS_FOR_PORTS = 5;

/** Aliases of the extension by which Neutron dates changes and can be asked for those since. */
const TIMESTAMPS = ["standard-attr-timestamp", "timestamp", "timestamp_core"];
const REVISIONS = ["standard-attr-revisions", "revisions"];

interface Looked {
  /** By Neutron's clock: what changed before was seen. */
  sinceMs: number;
  looksUntilIds: number;
}

/**
 * What changed in Neutron, cheaply. Short lists are asked for by id and revision alone: what is new, another or gone shows. Of long
 * ones that is done less often, and in between Neutron is asked for what changed since (`changed_since`, of the extension
 * standard-attr-timestamp; neutron/services/timestamp/timestamp_db.py), which does not tell what is gone.
 */
export class NetworkChanges {
  readonly #deps: NetworkChangesDeps;
  readonly #looked = new Map<NetworkKind, Looked>();
  /** Machines whose ports are looked for, with how many more times: Neutron may take a while to delete them. */
  readonly #suspects = new Map<string, number>();

  constructor(deps: NetworkChangesDeps) {
    this.#deps = deps;
  }

  /** All of the kind was read, beginning at this time of the server's. */
  readAt(kind: NetworkKind, serverTimeMs: number): void {
    this.#looked.set(kind, { sinceMs: serverTimeMs, looksUntilIds: looksBetween(kind.revisions.size) });
  }

  /** Whether anything was another. Errors: ApiError, and those of the recorder. */
  async ask(kind: NetworkKind, extensions: ReadonlySet<string>, round: Round): Promise<boolean> {
    const looked = this.#looked.get(kind);
    if (looked === undefined) return false;
    const hasTimes = TIMESTAMPS.some((alias) => extensions.has(alias));
    const hasRevisions = REVISIONS.some((alias) => extensions.has(alias));
    const areIdsDue = --looked.looksUntilIds <= 0;
    let changed = false;
    // Revisions say what changed as well; one of the two is enough.
    if (hasTimes && !(areIdsDue && hasRevisions)) changed = await this.#askSince(kind, looked, round);
    if (areIdsDue) {
      changed = (await this.#askIds(kind, looked, hasRevisions, round)) || changed;
      looked.looksUntilIds = looksBetween(kind.revisions.size);
    }
    return changed;
  }

  /** Ports of machines that are gone. */
  async askOfGone(ports: NetworkKind, round: Round): Promise<boolean> {
    for (const machine of this.#deps.takeGoneMachines()) this.#suspects.set(machine, LOOKS_FOR_PORTS);
    if (this.#suspects.size === 0) return false;
    const own = [...this.#suspects.keys()].flatMap((vm) => this.#deps.teller.attachedTo(vmId(vm), ports.listed.prefix));
    await this.#look(ports, own, round);
    for (const [vm, looks] of this.#suspects) {
      if (looks > 1) this.#suspects.set(vm, looks - 1);
      else this.#suspects.delete(vm);
    }
    return own.length > 0;
  }

  /** All of the project, changed or not. */
  async askOfProject(kind: NetworkKind, project: string, round: Round): Promise<void> {
    for await (const { objects } of this.#pages(kind, [["project_id", project]], round)) {
      await this.#take(kind, objects, round);
    }
  }

  async #askSince(kind: NetworkKind, looked: Looked, round: Round): Promise<boolean> {
    const since = new Date(looked.sinceMs - LOOK_BACK_MS).toISOString().replace(/\.\d+Z$/, "Z");
    let serverTimeMs: number | undefined;
    let changed = false;
    for await (const page of this.#pages(kind, [["changed_since", since]], round)) {
      serverTimeMs ??= page.serverTimeMs;
      // What is looked back at was seen already, mostly.
      const fresh = page.objects.filter((object) => isAnother(kind, object));
      await this.#take(kind, fresh, round);
      if (fresh.length > 0) changed = true;
    }
    looked.sinceMs = serverTimeMs ?? looked.sinceMs;
    return changed;
  }

  async #askIds(kind: NetworkKind, looked: Looked, hasRevisions: boolean, round: Round): Promise<boolean> {
    const { teller } = this.#deps;
    const fields: Query = [["fields", "id"], ...(hasRevisions ? ([["fields", "revision_number"]] as const) : [])];
    const known = teller.known(kind.listed);
    const seen = new Set<string>();
    const another: string[] = [];
    let serverTimeMs: number | undefined;
    for await (const page of this.#pages(kind, fields, round)) {
      serverTimeMs ??= page.serverTimeMs;
      for (const object of page.objects) {
        const id = idAt(object);
        if (id === undefined) continue;
        seen.add(id);
        if (!kind.revisions.has(id) || (hasRevisions && isAnother(kind, object))) another.push(id);
      }
    }
    await this.#look(kind, another, round);
    const gone = likelyGone(teller, kind.listed, known, new Set([...seen].map(kind.idOf)));
    await this.#drop(kind, gone);
    if (hasRevisions) looked.sinceMs = serverTimeMs ?? looked.sinceMs;
    return another.length + gone.length > 0;
  }

  /** Reads these; those that do not come are gone. */
  async #look(kind: NetworkKind, ids: readonly string[], round: Round): Promise<void> {
    for (let start = 0; start < ids.length; start += IDS_A_QUESTION) {
      const some = ids.slice(start, start + IDS_A_QUESTION);
      const found = new Set<string>();
      for await (const page of this.#pages(
        kind,
        some.map((id) => ["id", id] as const),
        round,
      )) {
        await this.#take(kind, page.objects, round);
        for (const object of page.objects) found.add(idAt(object) ?? "");
      }
      await this.#drop(
        kind,
        some.filter((id) => !found.has(id)),
      );
    }
  }

  async #take(kind: NetworkKind, objects: readonly ApiObject[], round: Round): Promise<void> {
    await this.#deps.teller.put(await recordingTurns.map(objects, kind.parse));
    for (const object of objects) kind.taken(object);
    round.count(objects.length);
  }

  async #drop(kind: NetworkKind, uuids: readonly string[]): Promise<void> {
    await this.#deps.teller.remove(uuids.map(kind.idOf));
    for (const uuid of uuids) kind.gone(uuid);
  }

  #pages(kind: NetworkKind, query: Query, round: Round) {
    const { api, maxObjects } = this.#deps;
    const question = { path: kind.path, member: kind.member, query, pageSize: IDS_A_PAGE, maxObjects };
    return pagesOf(api, question, round.signal);
  }
}

/** Without a revision nobody knows. */
function isAnother(kind: NetworkKind, object: ApiObject): boolean {
  const revision = revisionOf(object);
  const known = kind.revisions.get(idAt(object) ?? "");
  return revision === undefined || known === undefined || revision !== known;
}
