import { flavorOf } from "../cloud/flavors.ts";
import { projectId } from "../cloud/identity.ts";
import type { Estate } from "./estate.ts";
import type { Register } from "./register.ts";
import { hasVolume, volumeGib } from "./volumes.ts";

/** What the machines of a project take. */
export interface ProjectUsage {
  readonly instances: number;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly diskGib: number;
  readonly volumes: number;
  readonly volumeGib: number;
}

const NOTHING: ProjectUsage = { instances: 0, vcpus: 0, memoryMib: 0, diskGib: 0, volumes: 0, volumeGib: 0 };

interface Counted {
  readonly version: number;
  /** Made anew when the drift is another. */
  readonly servers: Register;
  readonly byProject: ReadonlyMap<string, ProjectUsage>;
}

/** Counted once for every state of the cloud: clients ask project by project. */
const counted = new WeakMap<Estate, Counted>();

export function usageOfProject(estate: Estate, project: string): ProjectUsage {
  let known = counted.get(estate);
  const { version } = estate.chronicle;
  if (known === undefined || known.version !== version || known.servers !== estate.servers) {
    known = { version, servers: estate.servers, byProject: countedNow(estate) };
    counted.set(estate, known);
  }
  return known.byProject.get(project) ?? NOTHING;
}

function countedNow(estate: Estate): ReadonlyMap<string, ProjectUsage> {
  const byProject = new Map<string, ProjectUsage>();
  for (const vm of estate.machines()) {
    const project = projectId(estate.cloud, vm.network);
    const was = byProject.get(project) ?? NOTHING;
    const { vcpus, ramMib, diskGib } = flavorOf(vm.flavor);
    const volume = hasVolume(vm.index);
    byProject.set(project, {
      instances: was.instances + 1,
      vcpus: was.vcpus + vcpus,
      memoryMib: was.memoryMib + ramMib,
      diskGib: was.diskGib + diskGib,
      volumes: was.volumes + (volume ? 1 : 0),
      volumeGib: was.volumeGib + (volume ? volumeGib(vm) : 0),
    });
  }
  return byProject;
}
