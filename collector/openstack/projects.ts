import { isApiError } from "./api/api-error.ts";
import type { ServiceApi } from "./api/service-api.ts";
import { idAt, textAt } from "./api/words.ts";
import type { ElementContext } from "./elements/element-context.ts";
import { projectElements } from "./elements/service.ts";
import { Doubt, type Listing, takeList } from "./listing.ts";
import type { Names } from "./names.ts";
import { type Round, type ServiceSync, unlessMissing } from "./round.ts";
import type { Teller } from "./teller.ts";

export interface ProjectDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly projects: Names;
  readonly maxObjects: number;
}

/** Keystone's list has no pages: a long one is asked for only when somebody has seen a project that is not in it. */
const SHORT = 1_000;

/** Keystone: projects, and their names for everybody else. Who may not list all of them gets his own. */
export class ProjectSync implements ServiceSync {
  readonly looksEach = 3;
  readonly #deps: ProjectDeps;
  readonly #doubt = new Doubt();
  #path = "/projects";
  #count: number | undefined;

  constructor(deps: ProjectDeps) {
    this.#deps = deps;
  }

  async full(round: Round): Promise<void> {
    try {
      this.#path = "/projects";
      await this.#read(round);
    } catch (error) {
      if (!isApiError(error, "forbidden")) throw error;
      round.missing({ what: "projects", reason: error.message, hint: NEEDS_PROJECTS });
      this.#path = "/auth/projects";
      await unlessMissing("own projects", round, () => this.#read(round));
    }
  }

  async poll(round: Round): Promise<void> {
    if (this.#count === undefined) return this.full(round);
    if (this.#count <= SHORT || this.#deps.projects.hasUnknown) await this.#read(round);
  }

  async #read(round: Round): Promise<void> {
    const { context, projects, maxObjects } = this.#deps;
    const names = new Map<string, string>();
    const listing: Listing = {
      question: { path: this.#path, member: "projects", pageSize: undefined, maxObjects },
      listed: { kind: "project", prefix: "openstack/project/" },
      parse: (project) => projectElements(project, context),
      onPage: (page) => {
        for (const project of page) names.set(idAt(project) ?? "", textAt(project, "name") ?? "");
      },
    };
    const { isDoubted } = await takeList(listing, this.#deps, this.#doubt, round);
    this.#count = names.size;
    if (isDoubted) projects.add(names);
    else projects.replace(names);
  }
}

const NEEDS_PROJECTS =
  "give the user what identity:list_projects asks for, or machines have the id of their project only; see docs/openstack.md";
