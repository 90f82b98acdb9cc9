import { recordingTurns } from "../../topology/recording-turns.ts";
import { changedSince } from "./api/changed-since.ts";
import { pagesOf } from "./api/pages.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt } from "./api/words.ts";
import { neutronId, vmId } from "./elements/element-context.ts";
import { likelyGone, looksBetween } from "./gone.ts";
import { revisionOf } from "./network-inventory.ts";
import type { NetworkKind } from "./network-kinds.ts";
import type { Hinted } from "./pending-hints.ts";
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
/** More that hints name than fit into these questions are looked for among what changed since. */
const MOST_HINTED = 4 * IDS_A_QUESTION;
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
    const { hasTimes, hasRevisions } = abilitiesOf(extensions);
    const areIdsDue = --looked.looksUntilIds <= 0;
    let changed = false;
    // Revisions say what changed as well; one of the two is enough.
    if (hasTimes && !(areIdsDue && hasRevisions)) changed = (await this.#askSince(kind, looked, round)).changed;
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

  /**
   * What hints name: few are asked for by their ids, many are looked for among what changed since, and what is left by whatever takes
   * fewer questions, their ids or the list of all.
   */
  async askHinted(kind: NetworkKind, hinted: Hinted, extensions: ReadonlySet<string>, round: Round): Promise<void> {
    const looked = this.#looked.get(kind);
    const { hasTimes, hasRevisions } = abilitiesOf(extensions);
    let left = [...hinted.ids];
    if (looked !== undefined && (hinted.all || left.length > MOST_HINTED)) {
      if (hasTimes) {
        const { seen } = await this.#askSince(kind, looked, round);
        left = left.filter((id) => !seen.has(id));
      }
      if (hinted.all || left.length / IDS_A_QUESTION > kind.revisions.size / IDS_A_PAGE) {
        await this.#askIds(kind, looked, hasRevisions, round);
        if (hasRevisions) left = [];
      }
    }
    await this.#look(kind, left, round);
  }

  /** Ports of machines and routers: those they have now, and those they had. */
  async askPortsOf(
    ports: NetworkKind,
    { ids, all }: Hinted,
    extensions: ReadonlySet<string>,
    round: Round,
  ): Promise<void> {
    if (all || ids.size > MOST_HINTED) return this.askHinted(ports, { ids: new Set(), all: true }, extensions, round);
    const { teller } = this.#deps;
    for (const some of chunksOf([...ids], IDS_A_QUESTION)) {
      const had = some
        .flatMap((id) => [vmId(id), neutronId("router", id)])
        .flatMap((device) => teller.attachedTo(device, ports.listed.prefix));
      const found = await this.#takeAll(
        ports,
        some.map((id) => ["device_id", id] as const),
        round,
      );
      await this.#look(
        ports,
        had.filter((port) => !found.has(port)),
        round,
      );
    }
  }

  async #askSince(kind: NetworkKind, looked: Looked, round: Round) {
    const since = changedSince(looked.sinceMs);
    const seen = new Set<string>();
    let serverTimeMs: number | undefined;
    let changed = false;
    for await (const page of this.#pages(kind, [["changed_since", since]], round)) {
      serverTimeMs ??= page.serverTimeMs;
      // What is looked back at was seen already, mostly.
      const fresh = page.objects.filter((object) => isAnother(kind, object));
      await this.#take(kind, fresh, round);
      if (fresh.length > 0) changed = true;
      for (const object of page.objects) seen.add(idAt(object) ?? "");
    }
    looked.sinceMs = serverTimeMs ?? looked.sinceMs;
    return { changed, seen };
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

  /** Reads these; those that do not come are gone, as far as they were known here. */
  async #look(kind: NetworkKind, ids: readonly string[], round: Round): Promise<void> {
    for (const some of chunksOf(ids, IDS_A_QUESTION)) {
      const found = await this.#takeAll(
        kind,
        some.map((id) => ["id", id] as const),
        round,
      );
      // Another region may have what is not known here.
      await this.#drop(
        kind,
        some.filter((id) => !found.has(id) && kind.revisions.has(id)),
      );
    }
  }

  /** Reads all that is found; their ids. */
  async #takeAll(kind: NetworkKind, query: Query, round: Round): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for await (const { objects } of this.#pages(kind, query, round)) {
      await this.#take(kind, objects, round);
      for (const object of objects) found.add(idAt(object) ?? "");
    }
    return found;
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

  async *#pages(kind: NetworkKind, query: Query, round: Round) {
    const { api, maxObjects } = this.#deps;
    const question = { path: kind.path, member: kind.member, query, pageSize: IDS_A_PAGE, maxObjects };
    for await (const page of pagesOf(api, question, round.signal)) {
      yield page;
      await round.between();
    }
  }
}

function abilitiesOf(extensions: ReadonlySet<string>) {
  const has = (alias: string) => extensions.has(alias);
  return { hasTimes: TIMESTAMPS.some(has), hasRevisions: REVISIONS.some(has) };
}

function* chunksOf(ids: readonly string[], size: number): Iterable<readonly string[]> {
  for (let start = 0; start < ids.length; start += size) yield ids.slice(start, start + size);
}

/** Without a revision nobody knows. */
function isAnother(kind: NetworkKind, object: ApiObject): boolean {
  const revision = revisionOf(object);
  const known = kind.revisions.get(idAt(object) ?? "");
  return revision === undefined || known === undefined || revision !== known;
}
