import { OperatorError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { StateStore, StateWrite } from "../store/state-store.ts";
import type { IncidentRecord } from "./incident.ts";
import type { AlertRecord } from "./lifecycle/alert-record.ts";
import type { Delivery } from "./notify/delivery.ts";
import { parseAlertRecord, parseDelivery, parseIncidentRecord, StoredFormError, toStored } from "./stored.ts";

const ALERTS = "alerts";
const INCIDENTS = "incidents";
const DELIVERIES = "deliveries";

/** What one step changes; `undefined` removes. */
export interface LedgerChange {
  readonly alerts?: readonly (readonly [id: string, AlertRecord | undefined])[];
  readonly incidents?: readonly (readonly [id: string, IncidentRecord | undefined])[];
  readonly deliveries?: readonly (readonly [sequence: number, Delivery | undefined])[];
}

/** Newer values and words of alerts and incidents that are otherwise as they were; not worth a write to disk. */
export interface LatestValues {
  readonly alerts: readonly AlertRecord[];
  readonly incidents: readonly IncidentRecord[];
}

/**
 * Alert state, incidents and messages: durable first, then in memory, in one commit per step. When a commit throws,
 * nothing has changed anywhere.
 */
export class Ledger {
  readonly #store: StateStore;
  readonly #alerts: Map<string, AlertRecord>;
  readonly #incidents: Map<string, IncidentRecord>;
  readonly #deliveries: Map<number, Delivery>;
  readonly #byIncident = new Map<string, Set<number>>();
  readonly #waiting = new Map<string, Set<number>>();
  readonly #listeners = new Set<() => void>();
  #nextSequence = 1;

  /** Errors: `store.damaged` when a document cannot be read. */
  constructor(store: StateStore) {
    this.#store = store;
    this.#alerts = load(store, ALERTS, parseAlertRecord, ({ id }) => id);
    this.#incidents = load(store, INCIDENTS, parseIncidentRecord, ({ id }) => id);
    this.#deliveries = load(store, DELIVERIES, parseDelivery, ({ sequence }) => sequence);
    for (const delivery of this.#deliveries.values()) this.#index(delivery.sequence, delivery);
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get alerts(): ReadonlyMap<string, AlertRecord> {
    return this.#alerts;
  }

  get incidents(): ReadonlyMap<string, IncidentRecord> {
    return this.#incidents;
  }

  deliveriesOf(incidentId: string): readonly Delivery[] {
    return this.#select(this.#byIncident.get(incidentId));
  }

  /** Oldest first. */
  waitingFor(receiver: string): readonly Delivery[] {
    return this.#select(this.#waiting.get(receiver));
  }

  waitingCount(receiver: string): number {
    return this.#waiting.get(receiver)?.size ?? 0;
  }

  receiversWithWaiting(): readonly string[] {
    return [...this.#waiting].filter(([, sequences]) => sequences.size > 0).map(([receiver]) => receiver);
  }

  /** Errors: those of `StateStore.commit`. */
  commit(change: LedgerChange): void {
    const writes = writesOf(change);
    if (writes.length === 0) return;
    this.#store.commit(writes);
    for (const [id, record] of change.alerts ?? []) put(this.#alerts, id, record);
    for (const [id, record] of change.incidents ?? []) put(this.#incidents, id, record);
    for (const [sequence, record] of change.deliveries ?? []) {
      this.#index(sequence, record);
      put(this.#deliveries, sequence, record);
    }
    for (const listener of this.#listeners) listener();
  }

  /** Only in memory: written with the record's next change, or found again by the next evaluation after a restart. */
  update({ alerts, incidents }: LatestValues): void {
    for (const record of alerts) this.#alerts.set(record.id, record);
    for (const record of incidents) this.#incidents.set(record.id, record);
  }

  /** Called after every commit; the function returned ends that. */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #select(sequences: ReadonlySet<number> | undefined): readonly Delivery[] {
    return [...(sequences ?? [])]
      .sort((a, b) => a - b)
      .map((sequence) => this.#deliveries.get(sequence))
      .filter((delivery) => delivery !== undefined);
  }

  #index(sequence: number, delivery: Delivery | undefined): void {
    this.#nextSequence = Math.max(this.#nextSequence, sequence + 1);
    const before = this.#deliveries.get(sequence);
    if (before !== undefined) {
      this.#byIncident.get(before.incidentId)?.delete(sequence);
      this.#waiting.get(before.receiver)?.delete(sequence);
    }
    if (delivery === undefined) {
      if (before !== undefined && this.#byIncident.get(before.incidentId)?.size === 0) {
        this.#byIncident.delete(before.incidentId);
      }
      return;
    }
    addTo(this.#byIncident, delivery.incidentId, sequence);
    if (delivery.state === "waiting") addTo(this.#waiting, delivery.receiver, sequence);
  }
}

function writesOf(change: LedgerChange): readonly StateWrite[] {
  const write = (collection: string, key: string, record: Parameters<typeof toStored>[0] | undefined): StateWrite => ({
    collection,
    key,
    document: record === undefined ? undefined : toStored(record),
  });
  return [
    ...(change.alerts ?? []).map(([id, record]) => write(ALERTS, id, record)),
    ...(change.incidents ?? []).map(([id, record]) => write(INCIDENTS, id, record)),
    ...(change.deliveries ?? []).map(([sequence, record]) => write(DELIVERIES, String(sequence), record)),
  ];
}

function load<K, T>(
  store: StateStore,
  collection: string,
  parse: (document: Json) => T,
  keyOf: (record: T) => K,
): Map<K, T> {
  const records = new Map<K, T>();
  for (const [key, document] of store.all(collection)) {
    try {
      const record = parse(document);
      records.set(keyOf(record), record);
    } catch (cause) {
      if (!(cause instanceof StoredFormError || cause instanceof RangeError)) throw cause;
      throw new OperatorError({
        code: "store.damaged",
        message: `the stored ${collection} document ${key} cannot be read: ${cause.message}`,
        hint: "put a backup of the state store in its place, or move it away to begin with an empty one",
        cause,
      });
    }
  }
  return records;
}

function put<K, T>(map: Map<K, T>, key: K, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function addTo<K>(index: Map<K, Set<number>>, key: K, sequence: number): void {
  const set = index.get(key);
  if (set === undefined) index.set(key, new Set([sequence]));
  else set.add(sequence);
}
