import type { Clock, EpochMs } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { MeshPlan } from "../../core/mesh.ts";
import type { Utterance } from "../day/utterance.ts";
import { newFigures, type TroupeFigures } from "./figures.ts";
import { Player, type PlayerDeps } from "./player.ts";

export interface TroupeOptions {
  readonly collectorUrl: string;
  readonly token: string | undefined;
  readonly version: string;
  /** New connections in a second, so that ten thousand do not knock at once. */
  readonly connectsPerSecond: number;
  /** The collector says whom a host is to probe. */
  readonly onMesh?: ((host: string, plan: MeshPlan) => void) | undefined;
}

/** All agents of a cloud, played in one process. */
export interface Troupe {
  readonly figures: TroupeFigures;
  readonly size: number;
  /** How much the clock of a host is ahead. */
  skewMsOf(host: string): number;
  /** `heardAt`: the collector's time of what is said. */
  hear(utterance: Utterance, heardAt: EpochMs): void;
  /** Whether every agent that speaks has told all it has to say. */
  isSettled(): boolean;
}

const CONNECT_EVERY_MS = 50;

export function startTroupe(
  options: TroupeOptions,
  deps: { readonly clock: Clock; readonly random: () => number },
  lifetime: Lifetime,
): Troupe {
  const figures = newFigures();
  const playerDeps: PlayerDeps = { ...options, ...deps, figures };
  const players = new Map<string, Player>();
  /** Those that are to connect, in their order; bounded by the number of hosts. */
  const arriving = new Set<Player>();
  const perTurn = Math.max(1, Math.round((options.connectsPerSecond * CONNECT_EVERY_MS) / 1_000));
  const timer = setInterval(() => {
    let left = perTurn;
    for (const player of arriving) {
      if (left-- <= 0) break;
      arriving.delete(player);
      player.connect();
    }
  }, CONNECT_EVERY_MS);

  function appear(utterance: Extract<Utterance, { kind: "appears" }>): void {
    const player = players.get(utterance.host) ?? new Player(utterance, playerDeps);
    players.set(utterance.host, player);
    player.appear(utterance, utterance.memory);
    arriving.add(player);
  }

  lifetime.defer("simulated agents", () => {
    clearInterval(timer);
    arriving.clear();
    for (const player of players.values()) player.fallSilent("stopped");
  });
  return {
    figures,
    get size() {
      return players.size;
    },
    skewMsOf: (host) => players.get(host)?.skewMs ?? 0,
    isSettled: () => arriving.size === 0 && players.values().every((player) => player.isSettled),
    hear(utterance, heardAt) {
      const player = players.get(utterance.host);
      switch (utterance.kind) {
        case "appears":
          appear(utterance);
          break;
        case "changes":
          player?.change(utterance.changes, heardAt);
          break;
        case "events":
          player?.tell(utterance.events, heardAt);
          break;
        case "clock":
          player?.setClock(utterance.skewMs);
          break;
        case "falls-silent":
          if (player !== undefined) arriving.delete(player);
          player?.fallSilent(utterance.how);
          break;
        case "metrics":
          break;
      }
    },
  };
}
