import type { Clock, EpochMs } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Engine } from "./engine.ts";
import { checkPromql } from "./rules/presence.ts";
import { problemLines, type RuleSource, ruleSource } from "./rules/rule-source.ts";

export interface RulesStatus {
  readonly path: string;
  readonly loadedAt: EpochMs;
  /** `file:line:column: what`, of the file as it is now; the rules in force are then older than the file. */
  readonly problems: readonly string[];
  /** Rules of the file that are not evaluated here. */
  readonly recordingRules: readonly string[];
}

/** Keeps the engine's rules equal to a file, as long as the file makes sense. */
export class RulesInForce {
  readonly #path: string;
  readonly #source: RuleSource;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #log: Log;
  #loadedAt: EpochMs;
  #problems: readonly string[] = [];
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(path: string, deps: { readonly engine: Engine; readonly clock: Clock; readonly log: Log }) {
    this.#path = path;
    this.#source = ruleSource(path, checkPromql);
    this.#engine = deps.engine;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#loadedAt = deps.clock.now();
  }

  get status(): RulesStatus {
    const { recordingRules } = this.#engine.file;
    return { path: this.#path, loadedAt: this.#loadedAt, problems: this.#problems, recordingRules };
  }

  /** Without rules before, a bad file is an error. Errors: `rules.invalid`, those of the store. */
  async start(): Promise<void> {
    const parsed = await this.#source.read();
    if (parsed.kind === "ok") return this.#engine.load(parsed.file);
    throw new OperatorError({
      code: "rules.invalid",
      message: `the rule file has ${parsed.problems.length} problem(s):\n${problemLines(parsed).join("\n")}`,
      hint: "repair these lines, or leave alerts.rules out to use the rules that come along",
    });
  }

  /** With a bad file, or a store that refuses, the rules before stay in force and `status` says why. */
  reload(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#reload());
    return this.#turn;
  }

  async reloadIfChanged(): Promise<void> {
    if (await this.#source.isChanged()) await this.reload();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#turn;
    await this.#engine.stop();
  }

  async #reload(): Promise<void> {
    const parsed = await this.#source.read();
    if (this.#isStopped) return;
    this.#problems = problemLines(parsed);
    if (parsed.kind === "ok") {
      try {
        await this.#engine.load(parsed.file);
        this.#loadedAt = this.#clock.now();
        this.#log.info({ path: this.#path }, "rules loaded");
        return;
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        this.#problems = [`${this.#path}:1:1: not put in force: ${error.message}; ${error.hint}`];
      }
    }
    this.#log.error({ problems: this.#problems }, "rules not loaded, those before stay in force");
  }
}
